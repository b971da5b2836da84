/*
 * old_kernel: a library put in front of the daemon (LD_PRELOAD) that takes away what older kernels
 * lack: SO_PEERPIDFD (before Linux 6.5), and with HISTORYD_TEST_KERNEL=5.2 pidfds altogether.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    int (*next)(int, int, int, void *, socklen_t *) =
        (int (*)(int, int, int, void *, socklen_t *))dlsym(RTLD_NEXT, "getsockopt");

    if (level == SOL_SOCKET && option == SO_PEERPIDFD) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return next(fd, level, option, value, size);
}

PUBLIC long syscall(long number, ...)
{
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    const char *kernel = getenv("HISTORYD_TEST_KERNEL");
    long arguments[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_open && kernel && strcmp(kernel, "5.2") == 0) {
        errno = ENOSYS;
        return -1;
    }
    return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}
