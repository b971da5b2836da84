/*
 * fault_shim: a library put in front of a program (LD_PRELOAD) that counts the calls by which it
 * asks the system for something, and lets one of them fail, or all from one on.
 *
 * See fault_orders.h for the orders, README.md for how to use it. What the C library calls
 * within itself (fopen opens, fwrite writes, the stacks of threads) does not pass here; its
 * allocations do. Failed calls never reach the system.
 */
#include "fault_orders.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fault_shim.h"

struct fault_orders *shim_orders;

__attribute__((constructor)) static void orders_open(void)
{
    const char *path = getenv("FAULT_ORDERS");
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    void *map;

    if (fd < 0)
        return;
    map = (void *)syscall(SYS_mmap, NULL, sizeof(*shim_orders), PROT_READ | PROT_WRITE, MAP_SHARED,
                          fd, 0L);
    syscall(SYS_close, fd);
    if (map != MAP_FAILED)
        shim_orders = map;
}

/* /proc/self/fd/N, by hand: nothing here may allocate. */
static void where_descriptor(int fd)
{
    char name[32] = "/proc/self/fd/";
    char digits[12];
    size_t end = strlen(name), n = 0;
    long size;

    for (; fd > 0 || n == 0; fd /= 10)
        digits[n++] = (char)('0' + fd % 10);
    while (n > 0)
        name[end++] = digits[--n];
    size = syscall(SYS_readlinkat, AT_FDCWD, name, shim_orders->where, FAULT_WHERE - 1);
    shim_orders->where[size > 0 ? size : 0] = '\0';
}

static void where_note(enum fault_kind kind, int fd, const char *path)
{
    if (kind == FAULT_MEMORY)
        shim_stack(shim_orders->where);
    else if (path)
        strncpy(shim_orders->where, path, FAULT_WHERE - 1);
    else if (fd >= 0)
        where_descriptor(fd);
}

static atomic_bool ending;

/* What a program does by itself as it ends, such as writing down how often its lines ran, is not
 * under test. Asked for at the first call of each kind: a function that is asked for in main()
 * comes before the program's own destructors, one from before main() behind them. */
static void failures_end(void)
{
    ending = true;
}

/* Of allocations from the stack in question; 0 for others, and once one of them has failed. */
static long stack_number(void)
{
    if (atomic_load(&shim_orders->failed) > 0 || shim_stack(NULL) != shim_orders->stack)
        return 0;
    return atomic_fetch_add(&shim_orders->stack_calls, 1) + 1;
}

bool shim_fails(enum fault_kind kind, int fd, const char *path)
{
    long number;

    if (!shim_orders || ending)
        return false;
    number = atomic_fetch_add(&shim_orders->calls[kind], 1) + 1;
    if (number == 1)
        atexit(failures_end);
    if (kind == FAULT_MEMORY && shim_orders->stacks_wanted)
        shim_stack_note();
    if (shim_orders->kind != (int)kind)
        return false;
    if (shim_orders->stack != 0)
        number = stack_number();
    if (number != shim_orders->from &&
        !(shim_orders->forever &&
          (number > shim_orders->from || atomic_load(&shim_orders->failed) > 0)))
        return false;
    if (atomic_fetch_add(&shim_orders->failed, 1) == 0)
        where_note(kind, fd, path);
    errno = shim_orders->error;
    return true;
}

/* --- files ----------------------------------------------------------------------------------- */

PUBLIC int fsync(int fd)
{
    return shim_fails(FAULT_SYNC, fd, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

PUBLIC int fdatasync(int fd)
{
    return shim_fails(FAULT_SYNC, fd, NULL) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

PUBLIC int ftruncate(int fd, off_t size)
{
    return shim_fails(FAULT_TRUNCATE, fd, NULL) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

PUBLIC int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

PUBLIC int fallocate(int fd, int mode, off_t offset, off_t size)
{
    return shim_fails(FAULT_TRUNCATE, fd, NULL)
               ? -1
               : (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

PUBLIC int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
    return fallocate(fd, mode, offset, size);
}

int front_open(int folder, const char *path, int flags, mode_t mode)
{
    if (shim_fails(FAULT_OPEN, -1, path))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

PUBLIC int rename(const char *from, const char *to)
{
    return shim_fails(FAULT_NAME, -1, from) ? -1 : (int)syscall(SYS_rename, from, to);
}

PUBLIC int renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned int flags)
{
    if (shim_fails(FAULT_NAME, -1, from))
        return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

PUBLIC int link(const char *from, const char *to)
{
    return shim_fails(FAULT_NAME, -1, from) ? -1 : (int)syscall(SYS_link, from, to);
}

PUBLIC int unlink(const char *path)
{
    return shim_fails(FAULT_NAME, -1, path) ? -1 : (int)syscall(SYS_unlink, path);
}

PUBLIC int unlinkat(int folder, const char *path, int flags)
{
    return shim_fails(FAULT_NAME, -1, path) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

PUBLIC int mkdir(const char *path, mode_t mode)
{
    return shim_fails(FAULT_NAME, -1, path) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

/* What has no file is memory; the C library gets its own without passing here. */
PUBLIC void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && shim_fails(FAULT_MAP, fd, NULL))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

PUBLIC void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
    return mmap(address, size, protection, flags, fd, offset);
}

/* --- reading and writing ---------------------------------------------------------------------- */

static mode_t descriptor_type(int fd)
{
    struct stat status;
    int saved = errno;
    mode_t type = fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;

    errno = saved;
    return type;
}

/* An event counter or a pipe can't fail so: those are left alone. */
static bool transfer_fails(int fd, enum fault_kind file, enum fault_kind socket)
{
    mode_t type = shim_orders ? descriptor_type(fd) : 0;

    if (type == S_IFREG)
        return shim_fails(file, fd, NULL);
    return type == S_IFSOCK && socket != FAULT_NONE && shim_fails(socket, fd, NULL);
}

/* Half of the first piece that has two bytes. */
static ssize_t write_short(int fd, const struct iovec *pieces, int n_pieces, int64_t offset)
{
    for (int i = 0; i < n_pieces; i++) {
        size_t half = pieces[i].iov_len > 1 ? pieces[i].iov_len / 2 : pieces[i].iov_len;

        if (half == 0)
            continue;
        return offset < 0 ? syscall(SYS_write, fd, pieces[i].iov_base, half)
                          : syscall(SYS_pwrite64, fd, pieces[i].iov_base, half, offset);
    }
    return 0;
}

ssize_t front_write(int fd, const struct iovec *pieces, int n_pieces, int64_t offset)
{
    if (transfer_fails(fd, FAULT_WRITE, FAULT_SEND))
        return shim_orders->error == FAULT_SHORT ? write_short(fd, pieces, n_pieces, offset) : -1;
    return offset < 0 ? syscall(SYS_writev, fd, pieces, n_pieces)
                      : syscall(SYS_pwritev, fd, pieces, n_pieces, offset, 0L);
}

PUBLIC ssize_t read(int fd, void *bytes, size_t size)
{
    return transfer_fails(fd, FAULT_READ, FAULT_NONE) ? -1 : syscall(SYS_read, fd, bytes, size);
}

PUBLIC ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    if (transfer_fails(fd, FAULT_READ, FAULT_NONE))
        return -1;
    return syscall(SYS_pread64, fd, bytes, size, offset);
}

PUBLIC ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
    return pread(fd, bytes, size, offset);
}

PUBLIC ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    if (!shim_fails(FAULT_SEND, fd, NULL))
        return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
    return shim_orders->error == FAULT_SHORT
               ? write_short(fd, &(struct iovec){(void *)bytes, size}, 1, -1)
               : -1;
}

PUBLIC ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!shim_fails(FAULT_SEND, fd, NULL))
        return syscall(SYS_sendmsg, fd, message, flags);
    return shim_orders->error == FAULT_SHORT
               ? write_short(fd, message->msg_iov, (int)message->msg_iovlen, -1)
               : -1;
}
