#include "peer_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    STAT_SIZE = 1024,
    STAT_FIELDS_TO_START = 19, /* from the state, the third field, to the 22nd */
};

/* The command's name stands in parentheses and may hold blanks and parentheses itself: the fields
 * begin behind the last one. */
int process_stat_read(const char *line, int64_t *ret_start)
{
    const char *place = strrchr(line, ')');
    long long start;
    char *end;
    char state;

    if (!place || place[1] != ' ' || !place[2])
        return -EINVAL;
    place += 2;
    state = *place;
    for (int i = 0; i < STAT_FIELDS_TO_START; i++) {
        place = strchr(place, ' ');
        if (!place)
            return -EINVAL;
        place++;
    }
    errno = 0;
    start = strtoll(place, &end, 10);
    if (end == place || (*end != ' ' && *end != '\n' && *end != '\0') || errno || start <= 0)
        return -EINVAL;
    if (state == 'Z' || state == 'X')
        return -ESRCH;
    *ret_start = start;
    return 0;
}

static int file_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return -errno;
    got = read(fd, text, size - 1);
    close(fd);
    if (got <= 0)
        return -EIO;
    text[got] = '\0';
    return 0;
}

static bool pidfd_ended(int pidfd)
{
    struct pollfd wanted = {.fd = pidfd, .events = POLLIN};

    return pidfd >= 0 && poll(&wanted, 1, 0) > 0;
}

int process_start(pid_t pid, int pidfd, int64_t *ret_start)
{
    int64_t start = PROCESS_START_UNKNOWN;
    char path[32], text[STAT_SIZE];
    int r = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (file_read(path, text, sizeof(text)) == 0)
        r = process_stat_read(text, &start);
    /* Another process may have got the pid while it was read. */
    if (r == -ESRCH || pidfd_ended(pidfd))
        return -ESRCH;
    *ret_start = start;
    return 0;
}

int process_open(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    int cause = errno;

    if (fd >= 0)
        return fd;
    /* A kernel or a sandbox without pidfds. */
    if (kill(pid, 0) < 0 && errno == ESRCH)
        return -ESRCH;
    return -cause;
}

int process_find(pid_t pid, int *ret_pidfd, int64_t *ret_start)
{
    int pidfd = process_open(pid);
    int r;

    if (pidfd == -ESRCH)
        return -ESRCH;
    if (pidfd < 0)
        pidfd = -1;
    r = process_start(pid, pidfd, ret_start);
    if (r == 0)
        *ret_pidfd = pidfd;
    else if (pidfd >= 0)
        close(pidfd);
    return r;
}

int64_t process_ticks(void)
{
    int64_t rate = sysconf(_SC_CLK_TCK);
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * rate + (int64_t)now.tv_nsec * rate / 1000000000;
}

void process_boot(char id[static BOOT_ID_SIZE])
{
    if (file_read("/proc/sys/kernel/random/boot_id", id, BOOT_ID_SIZE) < 0)
        id[0] = '\0';
    id[strcspn(id, "\n")] = '\0';
}
