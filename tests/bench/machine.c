#include "machine.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static struct {
    char processor[128];
    char kernel[80];
    char date[32];
    const char *disk;
    double load;
    long cores;
    long memory_mib;
} machine;

static void processor_look(void)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    strcpy(machine.processor, "unknown processor");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(machine.processor, sizeof(machine.processor), "%.120s",
                 colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (file)
        fclose(file);
}

static const char *disk_name(const char *folder)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0xef53, "ext4"},          {0x58465342, "xfs"},     {0x9123683e, "btrfs"},
                 {0x01021994, "tmpfs (!)"}, {0x794c7630, "overlay"}, {0x2fc12fc1, "zfs"},
                 {0xf2f52010, "f2fs"}};
    struct statfs status;

    if (statfs(folder, &status) == 0)
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            if ((unsigned long)status.f_type == known[i].magic)
                return known[i].name;
    return "another file system";
}

void machine_look(const char *folder)
{
    struct utsname system;
    struct sysinfo info;
    time_t now = time(NULL);

    processor_look();
    machine.disk = disk_name(folder);
    machine.cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (uname(&system) == 0)
        snprintf(machine.kernel, sizeof(machine.kernel), "%.20s %.50s", system.sysname,
                 system.release);
    if (sysinfo(&info) == 0)
        machine.memory_mib = (long)(info.totalram * info.mem_unit >> 20);
    strftime(machine.date, sizeof(machine.date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    if (getloadavg(&machine.load, 1) != 1)
        machine.load = 0;
}

void machine_print(void)
{
    printf("%s, %ld cores, %ld MiB, %s, %s, SQLite %s, %s, load %.2f at the start\n",
           machine.processor, machine.cores, machine.memory_mib, machine.kernel, machine.disk,
           sqlite3_libversion(), machine.date, machine.load);
}

/* What comes from the system is cut to what needs no escape. */
static void text_print(const char *name, const char *text)
{
    printf("\"%s\":\"", name);
    for (; *text; text++)
        if (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\')
            putchar(*text);
    putchar('"');
}

void machine_print_json(void)
{
    printf("\"machine\":{");
    text_print("processor", machine.processor);
    putchar(',');
    text_print("kernel", machine.kernel);
    putchar(',');
    text_print("file_system", machine.disk);
    putchar(',');
    text_print("sqlite", sqlite3_libversion());
    putchar(',');
    text_print("date", machine.date);
    printf(",\"cores\":%ld,\"memory_mib\":%ld,\"load_at_start\":%.2f}", machine.cores,
           machine.memory_mib, machine.load);
}
