#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer_process.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

enum {
    PEER_GROUPS = 32,
    PEER_GROUPS_MOST = 65536, /* NGROUPS_MAX */
    PEER_TRIES = 2,           /* to learn how many, and to get them */
};

/* A kernel that does not tell (before 4.13) leaves a peer with the one group of its credentials. */
static int peer_read_groups(int fd, gid_t gid, struct peer *peer)
{
    socklen_t size = PEER_GROUPS * sizeof(gid_t);
    gid_t *gids = NULL;
    int r = ERANGE;

    for (int i = 0; r == ERANGE && i < PEER_TRIES && size <= PEER_GROUPS_MOST * sizeof(gid_t);
         i++) {
        gid_t *larger = realloc(gids, sizeof(gid_t) + size);

        if (!larger) {
            free(gids);
            return -ENOMEM;
        }
        gids = larger;
        /* When there is not room for all of them, `size` is what they need. */
        r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids + 1, &size) < 0 ? errno : 0;
    }
    if (r == ENOPROTOOPT)
        size = 0;
    else if (r) {
        free(gids);
        return -r;
    }
    gids[0] = gid;
    peer->n_gids = 1 + size / sizeof(gid_t);
    peer->gids = gids;
    return 0;
}

int peer_read(int fd, struct peer *ret_peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);
    struct peer peer;
    int r;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    peer.pid = credentials.pid;
    peer.uid = credentials.uid;
    peer.since = process_ticks();
    r = peer_read_groups(fd, credentials.gid, &peer);
    if (r == 0)
        *ret_peer = peer;
    return r;
}

void peer_clear(struct peer *peer)
{
    free(peer->gids);
    peer->gids = NULL;
    peer->n_gids = 0;
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

void peer_describe(const struct peer *peer, struct peer_words *ret_words)
{
    char *command = ret_words->command;
    char path[64];
    FILE *file;

    command[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)peer->pid);
    file = fopen(path, "re");
    if (file) {
        if (fgets(command, sizeof(ret_words->command), file))
            command[strcspn(command, "\n")] = '\0';
        fclose(file);
    }
    snprintf(ret_words->who, sizeof(ret_words->who), "pid %d (%s), uid %u", (int)peer->pid,
             command[0] ? command : "gone", (unsigned int)peer->uid);
    ret_words->about = (struct log_about){
        .peer = true, .pid = peer->pid, .uid = peer->uid, .command = command[0] ? command : NULL};
}
