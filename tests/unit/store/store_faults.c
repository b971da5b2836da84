#include "store_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_bool armed;
static atomic_int armed_kind;
static atomic_long seen;
static atomic_long chosen;
static atomic_bool for_good_now;
static _Thread_local bool thread_exempt;

static bool fails(enum fault_kind_of_store kind)
{
    long number;

    if (!armed || thread_exempt || (int)kind != armed_kind)
        return false;
    number = atomic_fetch_add(&seen, 1) + 1;
    return chosen > 0 && (number == chosen || (for_good_now && number > chosen));
}

void faults_arm(enum fault_kind_of_store kind, long number, bool for_good)
{
    armed_kind = (int)kind;
    seen = 0;
    chosen = number;
    for_good_now = for_good;
    armed = true;
}

long faults_disarm(void)
{
    armed = false;
    return seen;
}

void faults_exempt(bool exempt)
{
    thread_exempt = exempt;
}

/* --- memory ----------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
/* Visible, for a sanitizer's library asks for the names, too. */
#pragma GCC visibility push(default)
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
#pragma GCC visibility pop

void *__wrap_malloc(size_t size)
{
    return fails(FAULTS_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(FAULTS_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails(FAULTS_MEMORY) ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails(FAULTS_MEMORY) ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(FAULTS_MEMORY) ? NULL : __real_strdup(text);
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return fails(FAULTS_MEMORY) ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
    return fails(FAULTS_MEMORY) ? NULL : sqlite_memory.xRealloc(memory, size);
}

void faults_setup(void)
{
    sqlite3_mem_methods methods;

    faults_exempt(true);
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    methods = sqlite_memory;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

/* --- system calls ----------------------------------------------------------------------------- */

static bool broken(int error)
{
    if (!fails(FAULTS_DISK))
        return false;
    errno = error;
    return true;
}

static bool full(void)
{
    if (!fails(FAULTS_FULL))
        return false;
    errno = ENOSPC;
    return true;
}

static int open_at(int folder, const char *path, int flags, va_list arguments)
{
    mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;

    if (broken(EMFILE) || ((flags & O_CREAT) && full()))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#pragma GCC visibility push(default)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

int open(const char *path, int flags, ...)
{
    va_list arguments;
    int fd;

    va_start(arguments, flags);
    fd = open_at(AT_FDCWD, path, flags, arguments);
    va_end(arguments);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    int fd;

    va_start(arguments, flags);
    fd = open_at(AT_FDCWD, path, flags, arguments);
    va_end(arguments);
    return fd;
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    int fd;

    va_start(arguments, flags);
    fd = open_at(folder, path, flags, arguments);
    va_end(arguments);
    return fd;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    return broken(EIO) ? -1 : syscall(SYS_pread64, fd, bytes, size, offset);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
    return broken(EIO) ? -1 : syscall(SYS_pread64, fd, bytes, size, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return broken(EIO) || full() ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return broken(EIO) || full() ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}

int ftruncate(int fd, off_t size)
{
    return broken(EIO) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return broken(EIO) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

/* Power is not cut here: a sync that works takes no time. */
int fsync(int fd)
{
    (void)fd;
    return broken(EIO) ? -1 : 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return broken(EIO) ? -1 : 0;
}

int flock(int fd, int operation)
{
    return broken(ENOLCK) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int fchmod(int fd, mode_t mode)
{
    return broken(EIO) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return broken(EIO) || full() ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
    if (broken(EIO) || full())
        return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fstatvfs(int fd, struct statvfs *ret_system)
{
    int (*next)(int, struct statvfs *) =
        (int (*)(int, struct statvfs *))(uintptr_t)dlsym(RTLD_NEXT, "fstatvfs");

    return broken(EIO) ? -1 : next(fd, ret_system);
}

int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
                   void *(*main)(void *data), void *data)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (!next)
        next = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(
            uintptr_t)dlsym(RTLD_NEXT, "pthread_create");
    return fails(FAULTS_MEMORY) ? EAGAIN : next(ret_thread, attributes, main, data);
}
#pragma GCC visibility pop
