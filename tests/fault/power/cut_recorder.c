#include "cut_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { DESCRIPTORS_MOST = 65536 };

/* The lock guards it against the program's other threads. */
static struct cut_descriptor descriptors[DESCRIPTORS_MOST];
static struct cut_trace trace;

__attribute__((constructor)) static void recorder_start(void)
{
    const char *path = getenv("POWERCUT_TRACE");
    int r;

    if (!path || trace.header)
        return;
    r = cut_trace_open(path, &trace);
    if (r < 0) {
        dprintf(STDERR_FILENO, "powercut: %s: %s\n", path, strerror(-r));
        _exit(127);
    }
    cut_begin();
    cut_trace_append(&trace, &(struct cut_entry){.kind = CUT_START});
    cut_end();
}

struct cut_trace *cut_recording(void)
{
    return trace.header ? &trace : NULL;
}

void cut_begin(void)
{
    cut_trace_lock(&trace);
    trace.header->busy = true;
}

void cut_end(void)
{
    trace.header->busy = false;
    cut_trace_unlock(&trace);
}

bool cut_descriptor_get(int fd, struct cut_descriptor *ret_descriptor)
{
    if (!cut_recording() || fd < 0 || fd >= DESCRIPTORS_MOST || !descriptors[fd].known ||
        descriptors[fd].peer)
        return false;
    *ret_descriptor = descriptors[fd];
    return true;
}

/* The part of a canonical path below the folder; NULL outside. The folder itself is "". */
static const char *part_below(const char *path)
{
    const char *folder = trace.header->folder;
    size_t size = strlen(folder);

    if (strncmp(path, folder, size) != 0 || (path[size] != '/' && path[size] != '\0'))
        return NULL;
    return path[size] == '/' ? path + size + 1 : path + size;
}

/* Where an open descriptor leads. */
static bool descriptor_path(int fd, char *ret_path)
{
    char link[64];
    ssize_t size;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    size = readlink(link, ret_path, PATH_MAX - 1);
    if (size < 0)
        return false;
    ret_path[size] = '\0';
    return true;
}

bool cut_is_scratch(const char *name)
{
    const char *suffix = trace.header->scratch;
    size_t size = strlen(suffix);
    size_t length = strlen(name);

    return size > 0 && length >= size && strcmp(name + length - size, suffix) == 0;
}

void cut_descriptor_add(int fd, int flags)
{
    char path[PATH_MAX];
    const char *name;
    struct stat status;

    if (fd < 0 || !descriptor_path(fd, path))
        return;
    name = part_below(path);
    if (!name || fstat(fd, &status) < 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
        return;
    if (fd >= DESCRIPTORS_MOST) {
        cut_record_unfollowed("a descriptor above the recorder's highest", name);
        return;
    }
    descriptors[fd] = (struct cut_descriptor){
        .known = true,
        .folder = S_ISDIR(status.st_mode),
        .scratch = cut_is_scratch(name),
        .synced = flags & O_DSYNC,
        .file = status.st_ino,
        .name = S_ISDIR(status.st_mode) ? strdup(name) : NULL,
    };
}

void cut_descriptor_copy(int from, int to)
{
    struct cut_descriptor copy;

    if (to < 0 || !cut_descriptor_get(from, &copy))
        return;
    copy.name = copy.name ? strdup(copy.name) : NULL;
    descriptors[to] = copy;
}

void cut_descriptor_forget(int fd)
{
    if (fd < 0 || fd >= DESCRIPTORS_MOST)
        return;
    free(descriptors[fd].name);
    descriptors[fd] = (struct cut_descriptor){.known = false};
}

void cut_peer_add(int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNSPEC};
    socklen_t size = sizeof(address);
    const char *name = address.sun_path + 1;
    size_t n_name;

    if (fd < 0 || fd >= DESCRIPTORS_MOST || getpeername(fd, (struct sockaddr *)&address, &size) < 0)
        return;
    if (address.sun_family != AF_UNIX || size <= offsetof(struct sockaddr_un, sun_path) + 1 ||
        address.sun_path[0] != '\0' || strncmp(name, CUT_PEER_PREFIX, strlen(CUT_PEER_PREFIX)) != 0)
        return;
    n_name = size - offsetof(struct sockaddr_un, sun_path) - 1;
    descriptors[fd] =
        (struct cut_descriptor){.known = true, .peer = true, .name = strndup(name, n_name)};
}

/* Under the lock: nothing happens to the files between the answer and its record. */
ssize_t cut_send(int fd, long call, const void *what, size_t size, int flags)
{
    bool peer = cut_recording() && fd >= 0 && fd < DESCRIPTORS_MOST && descriptors[fd].peer;
    struct cut_descriptor *descriptor = &descriptors[peer ? fd : 0];
    ssize_t sent;
    int saved;

    if (peer)
        cut_begin();
    if (call == SYS_sendto)
        sent = syscall(call, fd, what, size, flags, NULL, 0);
    else
        sent = syscall(call, fd, what, size, flags);
    if (!peer)
        return sent;
    saved = errno;
    if (sent > 0) {
        descriptor->sent += sent;
        cut_trace_append(&trace, &(struct cut_entry){.kind = CUT_SEND,
                                                     .name = descriptor->name,
                                                     .offset = descriptor->sent});
    }
    cut_end();
    errno = saved;
    return sent;
}

/* The folder it stands in is looked up, the last part is taken as it is: it may not exist. */
bool cut_name_of(int folder, const char *path, char *ret_name)
{
    char parent[PATH_MAX];
    char canonical[PATH_MAX];
    const char *last = strrchr(path, '/');
    const char *below;
    int saved = errno;
    int fd;
    bool found;

    if (strlen(path) >= sizeof(parent))
        return false;
    snprintf(parent, sizeof(parent), "%.*s", last ? (int)(last - path) + 1 : 1, last ? path : ".");
    fd = (int)syscall(SYS_openat, folder, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    found = fd >= 0 && descriptor_path(fd, canonical);
    if (fd >= 0)
        syscall(SYS_close, fd);
    below = found ? part_below(canonical) : NULL;
    errno = saved;
    return below && snprintf(ret_name, PATH_MAX, "%s%s%s", below, below[0] ? "/" : "",
                             last ? last + 1 : path) < PATH_MAX;
}

void cut_record_file(enum cut_kind kind, const struct cut_descriptor *descriptor, int64_t offset,
                     const void *data, size_t size)
{
    struct cut_entry entry = {
        .kind = kind, .file = descriptor->file, .offset = offset, .data = data, .data_size = size};

    if (!descriptor->scratch)
        cut_trace_append(&trace, &entry);
}

void cut_record_unfollowed(const char *what, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text), "%s (%.160s)", what, name ? name : "");
    cut_trace_append(&trace, &(struct cut_entry){.kind = CUT_UNFOLLOWED, .name = text});
}
