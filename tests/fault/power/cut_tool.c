/*
 * cut-tool: traces and images from the command line, for any program. README.md explains.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cut_image.h"

enum { CAPACITY_DEFAULT_MIB = 1024 };

static int usage(void)
{
    fputs("usage: cut-tool record FOLDER TRACE [--scratch SUFFIX] COMMAND [ARGUMENT...]\n"
          "       cut-tool continue TRACE COMMAND [ARGUMENT...]\n"
          "       cut-tool mark TRACE TEXT\n"
          "       cut-tool show TRACE\n"
          "       cut-tool image TRACE POINT SEED FOLDER\n",
          stderr);
    return 2;
}

static int fail(const char *what, int r)
{
    fprintf(stderr, "cut-tool: %s: %s\n", what, strerror(-r));
    return 1;
}

static int command_run(const char *trace, char **command)
{
    char path[4096];

    if (!realpath(trace, path))
        return fail(trace, -errno);
    setenv("POWERCUT_TRACE", path, 1);
    setenv("LD_PRELOAD", CUT_RECORDER, 1);
    execvp(command[0], command);
    return fail(command[0], -errno);
}

static int do_record(char **arguments)
{
    const char *folder = arguments[0];
    const char *path = folder ? arguments[1] : NULL;
    const char *scratch = NULL;
    struct cut_trace trace;
    char **command;
    int r;

    if (!path || !arguments[2])
        return usage();
    command = arguments + 2;
    if (strcmp(command[0], "--scratch") == 0 && command[1]) {
        scratch = command[1];
        command += 2;
    }
    if (!command[0])
        return usage();
    r = cut_trace_create(path, folder, scratch, (uint64_t)CAPACITY_DEFAULT_MIB << 20, &trace);
    if (r < 0)
        return fail(path, r);
    cut_trace_close(&trace);
    return command_run(path, command);
}

static int do_show(const struct cut_trace *trace)
{
    const char *fault = cut_trace_fault(trace);

    for (const struct cut_record *record = cut_trace_next(trace, NULL); record;
         record = cut_trace_next(trace, record)) {
        printf("%" PRIu64 " %d %s", record->number, record->pid,
               cut_kind_name((enum cut_kind)record->kind));
        if (record->file)
            printf(" file %" PRIu64, record->file);
        if (record->name_size)
            printf(" %s", cut_record_name(record));
        if (record->second_size)
            printf(" to %s", cut_record_second(record));
        if (record->offset || record->kind == CUT_WRITE || record->kind == CUT_TRUNCATE)
            printf(" at %" PRId64, record->offset);
        if (record->kind == CUT_MARK)
            printf(" %.*s", (int)record->data_size, cut_record_data(record));
        else if (record->data_size)
            printf(" %u bytes", record->data_size);
        if (record->result)
            printf(": %s", strerror(record->result));
        putchar('\n');
    }
    if (fault)
        printf("no good: %s\n", fault);
    return fault ? 1 : 0;
}

static int do_image(const struct cut_trace *trace, char **arguments)
{
    struct cut_image image = {.n_files = 0};
    const char *fault = cut_trace_fault(trace);
    struct cut_disk *disk;
    int r;

    if (fault)
        fprintf(stderr, "cut-tool: the trace is no good: %s\n", fault);
    if (fault)
        return 1;
    disk = cut_disk_new(trace);
    cut_disk_follow(disk, strtoull(arguments[0], NULL, 0));
    cut_image_make(disk, strtoull(arguments[1], NULL, 0), &image);
    r = cut_image_write(&image, arguments[2]);
    printf("%s\n", image.words);
    cut_image_clear(&image);
    cut_disk_free(disk);
    return r < 0 ? fail(arguments[2], r) : 0;
}

int main(int argc, char **argv)
{
    struct cut_trace trace;
    int r;

    if (argc < 3)
        return usage();
    if (strcmp(argv[1], "record") == 0)
        return do_record(argv + 2);
    if (strcmp(argv[1], "continue") == 0 && argc > 3)
        return command_run(argv[2], argv + 3);
    r = cut_trace_open(argv[2], &trace);
    if (r < 0)
        return fail(argv[2], r);
    if (strcmp(argv[1], "show") == 0 && argc == 3)
        return do_show(&trace);
    if (strcmp(argv[1], "image") == 0 && argc == 6)
        return do_image(&trace, argv + 3);
    if (strcmp(argv[1], "mark") != 0 || argc != 4)
        return usage();
    cut_trace_mark(&trace, argv[3], strlen(argv[3]));
    return 0;
}
