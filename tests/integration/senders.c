#include "senders.h"

#include <errno.h>
#include <historyd/historyd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database.h"
#include "harness.h"

static _Atomic int64_t *allowed; /* shared with the senders */

void load_allow(int64_t number)
{
    if (!allowed) {
        allowed =
            mmap(NULL, sizeof(*allowed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne((void *)allowed, MAP_FAILED);
    }
    *allowed = number;
}

/* What event number `n` is. The texts point into `texts`. */
struct event_texts {
    char time[40];
    char unit[16];
    char payload[64];
};

static struct hd_new_event event_number(int64_t n, struct event_texts *texts)
{
    snprintf(texts->time, sizeof(texts->time), "2026-01-20T%02d:%02d:%02d.%06dZ",
             (int)(n / 3600000 % 24), (int)(n / 60000 % 60), (int)(n / 1000 % 60),
             (int)(n % 1000 * 1000));
    snprintf(texts->unit, sizeof(texts->unit), "u%d", (int)(n % 7));
    snprintf(texts->payload, sizeof(texts->payload), "{\"n\":%lld}", (long long)n);
    return (struct hd_new_event){
        .time = texts->time,
        .type = n % 3 == 0   ? "unit.started"
                : n % 3 == 1 ? "unit.completed"
                             : "task.started",
        .unit = texts->unit,
        .payload = texts->payload,
    };
}

/* Runs in the sender's process: no assertions, it tells by its exit status. */
static int64_t last_seq_ask(const char *socket, const char *run)
{
    const struct hd_get_run_params params = {.run_id = run};
    const struct hd_get_run_result *result;
    struct hd_client *client;
    int64_t last_seq = -1;
    int r;

    if (hd_client_new(socket, &client) < 0)
        return -1;
    do
        r = hd_get_run(client, &params, &result);
    while (r < 0 && usleep(5000) == 0); /* the daemon is about to start again */
    if (r == 0) {
        last_seq = result->run.last_seq;
        hd_result_free(result);
    }
    hd_client_free(client);
    return last_seq;
}

static int events_send(const char *socket, const char *run, int64_t count)
{
    struct hd_recorder_options options = {
        .socket_path = socket,
        .run_id = run,
        .last_seq = last_seq_ask(socket, run),
        .buffer_bytes = 256 << 10,
        .batch_events = 100,
        .reconnect_ms = 50,
    };
    struct hd_recorder *recorder;
    struct event_texts texts;
    int64_t acknowledged;
    int64_t seq;
    int r;

    if (options.last_seq < 0 || hd_recorder_open(&options, &recorder) < 0)
        return 2;
    for (int64_t n = options.last_seq + 1; n <= count; n++) {
        struct hd_new_event event = event_number(n, &texts);

        while (n > *allowed)
            poll(NULL, 0, 1);
        while ((r = hd_recorder_add(recorder, &event, &seq)) == -ENOBUFS)
            hd_recorder_flush(recorder, 1000);
        if (r < 0 || seq != n)
            return 3;
    }
    if (hd_recorder_close(recorder, 120000, &acknowledged) < 0)
        return 4;
    return acknowledged == count ? 0 : 5;
}

pid_t load_start(const struct subject *subject, const char *run, int64_t count)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(events_send(subject->socket, run, count));
    }
    return pid;
}

bool load_has_ended(pid_t pid)
{
    int status;
    pid_t ended = waitpid(pid, &status, WNOHANG);

    ck_assert_int_ge(ended, 0);
    if (ended == 0)
        return false;
    ck_assert_msg(
        WIFEXITED(status) && WEXITSTATUS(status) == 0, "the recorder ended with %d (signal %d)",
        WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return true;
}

void load_wait(pid_t pid)
{
    int64_t deadline = harness_now() + 240000;

    while (!load_has_ended(pid))
        harness_turn(deadline, "the recorder to end");
}

/* harness_text() would make " of SQL's '. */
static const char *query_of(const char *run)
{
    static char query[256];

    snprintf(query, sizeof(query),
             "SELECT seq, time, type, unit, payload FROM events WHERE run_id = '%s' ORDER BY id",
             run);
    return query;
}

void load_check(const struct subject *subject, const char *run, int64_t count)
{
    const char *rows = database_rows(subject->database, query_of(run));
    struct event_texts texts;
    char expected[256];

    for (int64_t n = 1; n <= count; n++) {
        struct hd_new_event event = event_number(n, &texts);
        size_t size =
            (size_t)snprintf(expected, sizeof(expected), "%lld|%s|%s|%s|%s\n", (long long)n,
                             event.time, event.type, event.unit, event.payload);

        ck_assert_msg(strncmp(rows, expected, size) == 0, "expected %s     but %.*s", expected,
                      (int)strcspn(rows, "\n"), rows);
        rows += size;
    }
    ck_assert_msg(*rows == '\0', "more than was sent: %.200s", rows);
    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
}
