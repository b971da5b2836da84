/*
 * fault_shim_resources: what is no file: descriptors of other kinds, threads and memory.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault_shim.h"

/* --- descriptors and threads -------------------------------------------------------------------
 */

PUBLIC int socket(int domain, int type, int protocol)
{
    return shim_fails(FAULT_DESCRIPTOR, -1, NULL)
               ? -1
               : (int)syscall(SYS_socket, domain, type, protocol);
}

PUBLIC int eventfd(unsigned int value, int flags)
{
    return shim_fails(FAULT_DESCRIPTOR, -1, NULL) ? -1 : (int)syscall(SYS_eventfd2, value, flags);
}

PUBLIC int epoll_create1(int flags)
{
    return shim_fails(FAULT_DESCRIPTOR, -1, NULL) ? -1 : (int)syscall(SYS_epoll_create1, flags);
}

/* libuv's first pipe is for its signals, once a process; without it, it ends the process before
 * anybody can be told. The daemon asks for one itself right before, so this call is left alone. */
static bool is_first_of_libuv(const void *caller)
{
    static bool seen;
    Dl_info info;

    if (seen || !dladdr(caller, &info) || !info.dli_fname || !strstr(info.dli_fname, "libuv"))
        return false;
    seen = true;
    return true;
}

PUBLIC int pipe2(int ends[2], int flags)
{
    if (!is_first_of_libuv(__builtin_return_address(0)) && shim_fails(FAULT_DESCRIPTOR, -1, NULL))
        return -1;
    return (int)syscall(SYS_pipe2, ends, flags);
}

PUBLIC int accept4(int fd, SOCKET_ADDRESS address, socklen_t *size, int flags)
{
    return shim_fails(FAULT_ACCEPT, fd, NULL)
               ? -1
               : (int)syscall(SYS_accept4, fd, SOCKET_ADDRESS_POINTER(address), size, flags);
}

PUBLIC int accept(int fd, SOCKET_ADDRESS address, socklen_t *size)
{
    return accept4(fd, address, size, 0);
}

PUBLIC int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *data)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");

    if (shim_fails(FAULT_THREAD, -1, NULL))
        return shim_orders->error;
    return next(thread, attributes, function, data);
}

/* --- memory ------------------------------------------------------------------------------------
 */

/* Looked up by the first allocation, before there is a second thread. */
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
} next_memory;

static void memory_open(void)
{
    if (next_memory.realloc)
        return;
    next_memory.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    next_memory.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    next_memory.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
}

PUBLIC void *malloc(size_t size)
{
    memory_open();
    return shim_fails(FAULT_MEMORY, -1, NULL) ? NULL : next_memory.malloc(size);
}

PUBLIC void *calloc(size_t count, size_t size)
{
    memory_open();
    return shim_fails(FAULT_MEMORY, -1, NULL) ? NULL : next_memory.calloc(count, size);
}

PUBLIC void *realloc(void *bytes, size_t size)
{
    memory_open();
    return shim_fails(FAULT_MEMORY, -1, NULL) ? NULL : next_memory.realloc(bytes, size);
}
