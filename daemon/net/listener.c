#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log.h"
#include "loop_private.h"

enum {
    LISTENER_BACKLOG = 4096,
    LISTENER_FIRST_INHERITED = 3, /* SD_LISTEN_FDS_START */
    LISTENER_INHERITED_MOST = 1024,
    LISTENER_PID_FS = 0x50494446, /* PID_FS_MAGIC */
    LISTENER_BURST = 64,
    LISTENER_REST_MS = 100,
};

struct listener {
    uv_poll_t poll;
    uv_timer_t timer;
    int handles; /* still to be closed */
    int fd;
    char *path;
    dev_t device;
    ino_t inode;
    void (*accepted)(int fd, void *data);
    void *data;
};

static int listener_refuse(struct listener_problem *problem, const char *path, const char *cause)
{
    snprintf(problem->message, sizeof(problem->message), "cannot listen on %s: %s", path, cause);
    return -1;
}

/* A socket file is stale when connecting to it is refused. Anything else is left alone. */
static int listener_remove_stale(const struct sockaddr_un *address,
                                 struct listener_problem *problem)
{
    struct stat st;
    int fd, r;

    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : listener_refuse(problem, address->sun_path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return listener_refuse(problem, address->sun_path,
                               "a file that is no socket is in the way; move it or name another "
                               "path with --socket");
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listener_refuse(problem, address->sun_path, strerror(errno));
    r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
    close(fd);
    if (r != ECONNREFUSED)
        return listener_refuse(problem, address->sun_path,
                               "another process listens there; stop it or name another path with "
                               "--socket");
    if (unlink(address->sun_path) < 0 && errno != ENOENT)
        return listener_refuse(problem, address->sun_path, strerror(errno));
    return 0;
}

int listener_bind(const char *path, unsigned int mode, struct listener_problem *ret_problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int fd, r;

    if (strlen(path) >= sizeof(address.sun_path))
        return listener_refuse(
            ret_problem, path,
            "the path is longer than 107 bytes, the most a Unix socket can have");
    strcpy(address.sun_path, path);
    if (listener_remove_stale(&address, ret_problem) < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return listener_refuse(ret_problem, path, strerror(errno));
    /* bind(2) makes the file with 0777 less the mask; no other thread makes files yet. */
    mask = umask(0777 & ~(mode_t)mode);
    r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
    umask(mask);
    if (r) {
        close(fd);
        return listener_refuse(ret_problem, path, strerror(r));
    }
    return fd;
}

static bool listener_is_one(int fd)
{
    static const struct {
        int option;
        int value;
    } wanted[] = {{SO_DOMAIN, AF_UNIX}, {SO_TYPE, SOCK_STREAM}, {SO_ACCEPTCONN, 1}};

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        int value = -1;
        socklen_t size = sizeof(value);

        if (getsockopt(fd, SOL_SOCKET, wanted[i].option, &value, &size) < 0 ||
            value != wanted[i].value)
            return false;
    }
    return true;
}

/* Where pidfds have numbers of their own the manager also names ours: a pid comes again. */
static bool listener_pidfd_matches(const char *wanted)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    struct statfs system;
    struct stat st;
    bool known;

    if (fd < 0)
        return true;
    known = fstatfs(fd, &system) == 0 && system.f_type == LISTENER_PID_FS && fstat(fd, &st) == 0;
    close(fd);
    return !known || strtoull(wanted, NULL, 10) == (unsigned long long)st.st_ino;
}

/* How many sockets were passed to this very process. */
static int listener_n_passed(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    const char *pidfd = getenv("LISTEN_PIDFDID");
    long number;

    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() ||
        (pidfd && !listener_pidfd_matches(pidfd)))
        return 0;
    number = strtol(count, NULL, 10);
    return number > 0 && number <= LISTENER_INHERITED_MOST ? (int)number : 0;
}

/* The one that was passed, or the only one among several with the name a Varlink service's socket
 * has. -1 when there is none. */
static int listener_choose(int n_fds)
{
    static const char wanted[] = "varlink";
    const char *name = getenv("LISTEN_FDNAMES");
    int chosen = -1;

    if (n_fds == 1)
        return LISTENER_FIRST_INHERITED;
    for (int i = 0; name && i < n_fds; i++) {
        size_t size = strcspn(name, ":");

        if (size == strlen(wanted) && memcmp(name, wanted, size) == 0) {
            if (chosen >= 0)
                return -1;
            chosen = LISTENER_FIRST_INHERITED + i;
        }
        name = name[size] ? name + size + 1 : NULL;
    }
    return chosen;
}

int listener_inherited(struct listener_problem *ret_problem)
{
    int n_fds = listener_n_passed();
    int chosen = n_fds > 0 ? listener_choose(n_fds) : -1;

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_PIDFDID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (n_fds == 0)
        return -1;
    if (chosen < 0 || !listener_is_one(chosen)) {
        snprintf(ret_problem->message, sizeof(ret_problem->message),
                 "started with %d sockets: a listening Unix stream socket (ListenStream= with a "
                 "path) is served, and of several the one with FileDescriptorName=varlink",
                 n_fds);
        return -2;
    }
    for (int fd = LISTENER_FIRST_INHERITED; fd < LISTENER_FIRST_INHERITED + n_fds; fd++)
        if (fd != chosen)
            close(fd);
    fcntl(chosen, F_SETFD, FD_CLOEXEC);
    fcntl(chosen, F_SETFL, fcntl(chosen, F_GETFL) | O_NONBLOCK);
    return chosen;
}

static void listener_readable(uv_poll_t *poll, int status, int events);

static void listener_rested(uv_timer_t *timer)
{
    struct listener *listener = timer->data;

    uv_poll_start(&listener->poll, UV_READABLE, listener_readable);
}

/* Out of descriptors or memory the peers wait in the backlog; asking again at once would spin. */
static void listener_rest(struct listener *listener, int error)
{
    log_peer(NULL, "cannot accept connections for the moment: %s", strerror(error));
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->timer, listener_rested, LISTENER_REST_MS, 0);
}

/* Takes what waits, a bounded number at a time so that a flood of connections does not starve those
 * that are open. */
static void listener_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;

    (void)events;
    if (status < 0)
        return;
    for (int i = 0; i < LISTENER_BURST; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                listener_rest(listener, errno);
            return;
        }
        listener->accepted(fd, listener->data);
    }
}

int listener_open(struct loop *loop, int fd, const char *path, void (*accepted)(int fd, void *data),
                  void *data, struct listener **ret_listener)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    struct stat st;
    int r;

    if (!listener)
        return -ENOMEM;
    if (path) {
        listener->path = strdup(path);
        if (!listener->path || stat(path, &st) < 0) {
            r = listener->path ? -errno : -ENOMEM;
            goto fail;
        }
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
    listener->fd = fd;
    listener->accepted = accepted;
    listener->data = data;
    if (listen(fd, LISTENER_BACKLOG) < 0) {
        r = -errno;
        goto fail;
    }
    r = uv_poll_init(&loop->uv, &listener->poll, fd);
    if (r < 0)
        goto fail;
    uv_timer_init(&loop->uv, &listener->timer);
    listener->poll.data = listener->timer.data = listener;
    listener->handles = 2;
    uv_poll_start(&listener->poll, UV_READABLE, listener_readable);
    *ret_listener = listener;
    return 0;

fail:
    free(listener->path);
    free(listener);
    return r;
}

static void listener_freed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;

    if (--listener->handles > 0)
        return;
    free(listener->path);
    free(listener);
}

void listener_close(struct listener *listener)
{
    struct stat st;

    if (!listener)
        return;
    if (listener->path && stat(listener->path, &st) == 0 && st.st_dev == listener->device &&
        st.st_ino == listener->inode)
        unlink(listener->path);
    uv_close((uv_handle_t *)&listener->poll, listener_freed);
    uv_close((uv_handle_t *)&listener->timer, listener_freed);
    close(listener->fd);
}
