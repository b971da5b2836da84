#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_process.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

int peer_read(int fd, struct peer *ret_peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    ret_peer->pid = credentials.pid;
    ret_peer->uid = credentials.uid;
    ret_peer->gid = credentials.gid;
    ret_peer->since = process_ticks();
    return 0;
}

/* Where the kernel does not tell who connected but by pid: whoever has that now and started after
 * the connection was there is somebody else. */
static int peer_find_by_pid(const struct peer *peer, int *ret_pidfd, int64_t *ret_start)
{
    int64_t start;
    int pidfd;
    int r = process_find(peer->pid, &pidfd, &start);

    if (r < 0)
        return r;
    if (start > peer->since) {
        if (pidfd >= 0)
            close(pidfd);
        return -ESRCH;
    }
    *ret_pidfd = pidfd;
    *ret_start = start;
    return 0;
}

int peer_find(int fd, const struct peer *peer, int *ret_pidfd, int64_t *ret_start)
{
    int pidfd = -1;
    socklen_t size = sizeof(pidfd);
    int r;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0 || pidfd < 0)
        return peer_find_by_pid(peer, ret_pidfd, ret_start);
    r = process_start(peer->pid, pidfd, ret_start);
    if (r < 0)
        close(pidfd);
    else
        *ret_pidfd = pidfd;
    return r;
}

void peer_describe(const struct peer *peer, char *text, size_t size)
{
    char path[64], command[32] = "gone";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)peer->pid);
    file = fopen(path, "re");
    if (file) {
        if (fgets(command, sizeof(command), file))
            command[strcspn(command, "\n")] = '\0';
        fclose(file);
    }
    snprintf(text, size, "pid %d (%s), uid %u", (int)peer->pid, command, (unsigned int)peer->uid);
}
