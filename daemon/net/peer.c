#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int peer_read(int fd, struct peer *ret_peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    ret_peer->pid = credentials.pid;
    ret_peer->uid = credentials.uid;
    ret_peer->gid = credentials.gid;
    return 0;
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
