/*
 * What leaves for those who wait for it, and the sockets it leaves by.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cut_recorder.h"
#include "front.h"

PUBLIC int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    int accepted = (int)syscall(SYS_accept4, fd, address, size, flags);

    if (cut_recording())
        cut_peer_add(accepted);
    return accepted;
}

PUBLIC int accept(int fd, struct sockaddr *address, socklen_t *size)
{
    return accept4(fd, address, size, 0);
}

PUBLIC ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return cut_send(fd, SYS_sendmsg, message, (size_t)(unsigned int)flags, 0);
}

PUBLIC ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    return cut_send(fd, SYS_sendto, bytes, size, flags);
}
