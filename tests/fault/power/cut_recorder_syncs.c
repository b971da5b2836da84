/*
 * What makes files durable.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cut_recorder.h"
#include "front.h"

static struct cut_entry sync_entry(const struct cut_descriptor *descriptor)
{
    if (!descriptor)
        return (struct cut_entry){.flags = CUT_SYNCS_ALL};
    return (struct cut_entry){.flags = descriptor->folder ? CUT_IS_FOLDER : 0,
                              .file = descriptor->file,
                              .name = descriptor->name};
}

static void sync_take_time(int64_t nanoseconds)
{
    const struct timespec time = {.tv_sec = nanoseconds / 1000000000,
                                  .tv_nsec = nanoseconds % 1000000000};

    if (nanoseconds > 0)
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL);
}

/* The lock goes with the process: nobody does anything any more. */
static void die_here(void)
{
    cut_recording()->header->busy = false;
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        syscall(SYS_pause);
}

void cut_die_behind_write(void)
{
    struct cut_orders *orders = &cut_recording()->header->orders;

    if (++orders->writes == orders->kill_at_write)
        die_here();
}

/* A failed sync is told before the disk did anything. */
int cut_sync(int fd, long sync, const struct cut_descriptor *descriptor)
{
    struct cut_orders *orders = &cut_recording()->header->orders;
    struct cut_entry entry = sync_entry(descriptor);
    int64_t nanoseconds;
    bool fails;
    int r = 0;

    if (descriptor && descriptor->scratch)
        return (int)syscall(sync, fd);
    cut_begin();
    if (++orders->syncs == orders->kill_at_sync)
        die_here();
    fails = orders->syncs == orders->fail_at_sync;
    nanoseconds = orders->sync_ns;
    entry.kind = CUT_SYNC_BEGIN;
    entry.offset = (int64_t)cut_trace_append(cut_recording(), &entry);
    cut_end();
    if (!fails)
        r = (int)syscall(sync, fd);
    sync_take_time(nanoseconds);
    if (fails) {
        errno = EIO;
        r = -1;
    }
    entry.kind = CUT_SYNC_END;
    entry.result = r < 0 ? errno : 0;
    cut_begin();
    cut_trace_append(cut_recording(), &entry);
    cut_end();
    if (r < 0)
        errno = entry.result;
    return r;
}

static int sync_descriptor(int fd, long sync)
{
    struct cut_descriptor descriptor;

    if (!cut_descriptor_get(fd, &descriptor))
        return (int)syscall(sync, fd);
    return cut_sync(fd, sync, &descriptor);
}

PUBLIC int fsync(int fd)
{
    return sync_descriptor(fd, SYS_fsync);
}

PUBLIC int fdatasync(int fd)
{
    return sync_descriptor(fd, SYS_fdatasync);
}

PUBLIC int syncfs(int fd)
{
    return cut_recording() ? cut_sync(fd, SYS_syncfs, NULL) : (int)syscall(SYS_syncfs, fd);
}

PUBLIC void sync(void)
{
    if (cut_recording())
        cut_sync(0, SYS_sync, NULL);
    else
        syscall(SYS_sync);
}

/* Promises nothing about a power cut: sync_file_range(2) needs no record, and is not taken for a
 * sync. What is written through a mapping can't be seen. */
static void *map(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    struct cut_descriptor descriptor;

    if ((flags & MAP_TYPE) != MAP_PRIVATE && (protection & PROT_WRITE) &&
        cut_descriptor_get(fd, &descriptor) && !descriptor.scratch) {
        cut_begin();
        cut_record_unfollowed("a file mapped to be written", NULL);
        cut_end();
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

PUBLIC void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(address, size, protection, flags, fd, offset);
}

PUBLIC void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(address, size, protection, flags, fd, offset);
}
