#include "cut_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char magic[16] = "power-cut trace";

enum { FIRST_RECORD = (sizeof(struct cut_header) + 63) & ~63U };

/* The recorder has functions of these names of its own: here it is always the kernel's. */
static int raw_open(const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void raw_close(int fd)
{
    syscall(SYS_close, fd);
}

static int trace_map(int fd, size_t size, struct cut_trace *ret_trace)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED)
        return -errno;
    *ret_trace = (struct cut_trace){.header = memory, .mapped = size};
    return 0;
}

static void lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

int cut_trace_make(const char *path, uint64_t capacity, struct cut_trace *ret_trace)
{
    struct cut_trace trace = {.header = NULL};
    int fd = raw_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    int r = fd < 0 ? -errno : 0;

    if (r == 0 && capacity < FIRST_RECORD)
        r = -EINVAL;
    if (r == 0 && syscall(SYS_ftruncate, fd, capacity) < 0)
        r = -errno;
    if (r == 0)
        r = trace_map(fd, capacity, &trace);
    if (fd >= 0)
        raw_close(fd);
    if (r < 0)
        return r;
    memcpy(trace.header->magic, magic, sizeof(magic));
    trace.header->capacity = capacity;
    trace.header->tail = FIRST_RECORD;
    lock_init(&trace.header->lock);
    *ret_trace = trace;
    return 0;
}

int cut_trace_open(const char *path, struct cut_trace *ret_trace)
{
    struct cut_trace trace = {.header = NULL};
    struct stat status;
    int fd = raw_open(path, O_RDWR, 0);
    int r = fd < 0 ? -errno : 0;

    if (r == 0 && fstat(fd, &status) < 0)
        r = -errno;
    if (r == 0 && status.st_size < FIRST_RECORD)
        r = -EINVAL;
    if (r == 0)
        r = trace_map(fd, (size_t)status.st_size, &trace);
    if (fd >= 0)
        raw_close(fd);
    if (r < 0)
        return r;
    if (memcmp(trace.header->magic, magic, sizeof(magic)) != 0) {
        cut_trace_close(&trace);
        return -EINVAL;
    }
    *ret_trace = trace;
    return 0;
}

void cut_trace_close(struct cut_trace *trace)
{
    if (trace->header)
        munmap(trace->header, trace->mapped);
    *trace = (struct cut_trace){.header = NULL};
}

/* One that died with the lock did no harm unless an operation of its was half done. */
void cut_trace_lock(struct cut_trace *trace)
{
    struct cut_header *header = trace->header;

    if (pthread_mutex_lock(&header->lock) != EOWNERDEAD)
        return;
    if (header->busy)
        header->broken = true;
    header->busy = false;
    pthread_mutex_consistent(&header->lock);
}

void cut_trace_unlock(struct cut_trace *trace)
{
    pthread_mutex_unlock(&trace->header->lock);
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

uint64_t cut_trace_append(struct cut_trace *trace, const struct cut_entry *entry)
{
    struct cut_header *header = trace->header;
    size_t name_size = text_size(entry->name);
    size_t second_size = text_size(entry->second);
    size_t size = sizeof(struct cut_record) + name_size + second_size + entry->data_size;
    struct cut_record *record = (void *)((char *)header + header->tail);
    char *texts = (char *)(record + 1);

    size = (size + 7) & ~(size_t)7;
    if (size > header->capacity - header->tail || size > UINT32_MAX) {
        header->broken = true;
        return header->records;
    }
    *record = (struct cut_record){
        .number = header->records + 1,
        .file = entry->file,
        .offset = entry->offset,
        .size = (uint32_t)size,
        .data_size = (uint32_t)entry->data_size,
        .kind = (uint16_t)entry->kind,
        .flags = (uint16_t)entry->flags,
        .name_size = (uint16_t)name_size,
        .second_size = (uint16_t)second_size,
        .pid = getpid(),
        .result = entry->result,
    };
    if (name_size > 0)
        memcpy(texts, entry->name, name_size);
    if (second_size > 0)
        memcpy(texts + name_size, entry->second, second_size);
    if (entry->data_size > 0)
        memcpy(texts + name_size + second_size, entry->data, entry->data_size);
    /* Only now it is one. */
    header->tail += size;
    return ++header->records;
}

uint64_t cut_trace_mark(struct cut_trace *trace, const void *data, size_t size)
{
    uint64_t number;

    cut_trace_lock(trace);
    number = cut_trace_append(
        trace, &(struct cut_entry){.kind = CUT_MARK, .data = data, .data_size = size});
    cut_trace_unlock(trace);
    return number;
}

/* Who holds the lock is not between a record and its operation, and nobody else is while it is
 * held. */
void cut_trace_kill(struct cut_trace *trace, pid_t pid)
{
    siginfo_t ignored;

    cut_trace_lock(trace);
    if (kill(pid, SIGKILL) == 0)
        waitid(P_PID, (id_t)pid, &ignored, WEXITED | WNOWAIT);
    cut_trace_unlock(trace);
}

const struct cut_record *cut_trace_next(const struct cut_trace *trace,
                                        const struct cut_record *record)
{
    const char *base = (const char *)trace->header;
    const char *next = record ? (const char *)record + record->size : base + FIRST_RECORD;

    return next < base + trace->header->tail ? (const void *)next : NULL;
}

const char *cut_record_name(const struct cut_record *record)
{
    return (const char *)(record + 1);
}

const char *cut_record_second(const struct cut_record *record)
{
    return cut_record_name(record) + record->name_size;
}

const char *cut_record_data(const struct cut_record *record)
{
    return cut_record_second(record) + record->second_size;
}

const char *cut_kind_name(enum cut_kind kind)
{
    switch (kind) {
    case CUT_BASE_FOLDER:
        return "base-folder";
    case CUT_BASE_FILE:
        return "base-file";
    case CUT_START:
        return "start";
    case CUT_CREATE:
        return "create";
    case CUT_WRITE:
        return "write";
    case CUT_TRUNCATE:
        return "truncate";
    case CUT_GROW:
        return "grow";
    case CUT_RENAME:
        return "rename";
    case CUT_LINK:
        return "link";
    case CUT_UNLINK:
        return "unlink";
    case CUT_MAKE_FOLDER:
        return "make-folder";
    case CUT_REMOVE_FOLDER:
        return "remove-folder";
    case CUT_SYNC_BEGIN:
        return "sync-begin";
    case CUT_SYNC_END:
        return "sync-end";
    case CUT_MARK:
        return "mark";
    case CUT_SEND:
        return "send";
    case CUT_POWER:
        return "power";
    case CUT_UNFOLLOWED:
        return "unfollowed";
    }
    return "?";
}

const char *cut_trace_fault(const struct cut_trace *trace)
{
    if (trace->header->broken)
        return "a process died between a record and its operation, or there was no room";
    for (const struct cut_record *record = cut_trace_next(trace, NULL); record;
         record = cut_trace_next(trace, record))
        if (record->kind == CUT_UNFOLLOWED)
            return cut_record_name(record);
    return NULL;
}
