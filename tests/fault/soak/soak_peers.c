#include "soak_peers.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    SLOW_READERS = 8,
    SLOW_BYTES = 2048, /* at a time */
    SLOW_PAUSE_US = 100000,
    SLOW_PIPELINE = 64, /* calls at once */
    RETRY_US = 100000,
};

/* --- slow readers ----------------------------------------------------------------------------- */

static const char *const slow_calls[] = {
    ("{\"method\":\"dev.historyd.history.ListEvents\",\"parameters\":{\"run_id\":\"r00\",\"limit\":"
     "1000}}"),
    "{\"method\":\"dev.historyd.history.Watch\",\"more\":true,\"parameters\":{\"after_id\":0}}",
    "{\"method\":\"dev.historyd.history.ListRuns\",\"parameters\":{\"limit\":1000}}",
    "{\"method\":\"dev.historyd.history.Watch\",\"more\":true}",
};
enum { SLOW_CALLS = sizeof(slow_calls) / sizeof(*slow_calls) };

static int slow_open(const struct sockaddr_un *address, const char *call)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        close(fd);
        return -1;
    }
    for (int i = 0; fd >= 0 && i < SLOW_PIPELINE; i++)
        if (send(fd, call, strlen(call) + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    return fd;
}

static void slow_turn(struct soak_ledger *ledger, const struct sockaddr_un *address, int *fd,
                      int number)
{
    char bytes[SLOW_BYTES];
    ssize_t n;

    if (*fd < 0) {
        *fd = slow_open(address, slow_calls[number % SLOW_CALLS]);
        return;
    }
    n = recv(*fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n > 0) {
        ledger->slow_pages += memchr(bytes, 0, (size_t)n) != NULL;
    } else if (n == 0 || errno != EAGAIN) {
        ledger->slow_closed++;
        close(*fd);
        *fd = -1;
    }
}

pid_t soak_slow_readers_start(struct soak_ledger *ledger, const char *socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fds[SLOW_READERS];
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket);
    for (int i = 0; i < SLOW_READERS; i++)
        fds[i] = -1;
    for (;;) {
        for (int i = 0; i < SLOW_READERS; i++)
            slow_turn(ledger, &address, &fds[i], i);
        usleep(SLOW_PAUSE_US);
    }
}

/* --- backups ---------------------------------------------------------------------------------- */

static void backup(struct kill_book *book, struct soak_ledger *ledger, const char *socket)
{
    struct hd_backup_params params = {.has_keep = true, .keep = SOAK_BACKUPS_KEPT};
    const struct hd_backup_result *result = NULL;
    struct hd_client *client;
    int r;

    if (hd_client_new(socket, &client) < 0)
        _exit(1);
    hd_client_set_timeout(client, 0);
    r = hd_backup(client, &params, &result);
    if (r == 0)
        ledger->backups++;
    else if (r == HD_SHUTTING_DOWN || (r < 0 && r != -ENOMEM && r != -EINVAL))
        ledger->backups_failed++;
    else
        kill_book_fault(book, "backup: %s", hd_client_error(client)->message);
    hd_result_free(result);
    hd_client_free(client);
}

pid_t soak_backups_start(struct kill_book *book, struct soak_ledger *ledger, const char *socket,
                         int every_s)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        sleep((unsigned int)every_s);
        backup(book, ledger, socket);
    }
}
