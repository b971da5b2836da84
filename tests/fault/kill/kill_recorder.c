#include "kill_recorder.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BATCH = 5, RETRY_US = 2000, CLOSE_MS = 120000 };

struct sender {
    struct kill_book *book;
    struct hd_client *client;
    const char *socket;
    int run;
    uint32_t random;
};

/* Whether a call that ended so may be made again; else it is a fault. */
static bool again(struct sender *sender, int status)
{
    const struct hd_error *error = hd_client_error(sender->client);

    if (status == HD_STORAGE_FULL && sender->book->full) {
        atomic_fetch_add(&sender->book->refused, 1);
        usleep(RETRY_US);
        return true;
    }
    if (status == HD_SHUTTING_DOWN || (status < 0 && status != -ENOMEM && status != -EINVAL)) {
        usleep(RETRY_US);
        return true;
    }
    kill_book_fault(sender->book, "recorder %d: %s", sender->run,
                    error ? error->message : "out of memory");
    return false;
}

static int run_create(struct sender *sender)
{
    struct kill_names names;
    struct hd_create_run_params params = {.id = names.run, .repo_path = names.repo};
    const struct hd_create_run_result *result = NULL;
    int r;

    kill_book_name(sender->run, &names);
    do
        r = hd_create_run(sender->client, &params, &result);
    while (r != 0 && again(sender, r));
    hd_result_free(result);
    return r == 0 ? 0 : -1;
}

/* One call, made until it is answered. What an error was answered to has changed nothing: there are
 * no duplicates of it. */
static int batch_send(struct sender *sender, int64_t first, size_t count)
{
    struct kill_payload payloads[BATCH];
    struct hd_new_event events[BATCH];
    struct kill_names names;
    struct hd_append_events_params params = {
        .run_id = names.run, .events = events, .n_events = count};
    const struct hd_append_events_result *result = NULL;
    bool doubtful = false;
    int r;

    kill_book_name(sender->run, &names);
    for (size_t i = 0; i < count; i++)
        events[i] = kill_book_event(sender->run, first + (int64_t)i, &payloads[i]);
    do {
        r = hd_append_events(sender->client, &params, &result);
        doubtful |= r < 0;
    } while (r != 0 && again(sender, r));
    if (r != 0)
        return -1;
    if (result->duplicates > 0)
        atomic_fetch_add(&sender->book->repeated, 1);
    if (result->last_seq != first + (int64_t)count - 1 ||
        result->inserted + result->duplicates != (int64_t)count ||
        (result->duplicates > 0 && !doubtful)) {
        kill_book_fault(sender->book, "recorder %d: %lld new, %lld duplicates up to %lld",
                        sender->run, (long long)result->inserted, (long long)result->duplicates,
                        (long long)result->last_seq);
        r = -1;
    }
    hd_result_free(result);
    return r;
}

static int record_with_calls(struct sender *sender)
{
    _Atomic int64_t *acknowledged = &sender->book->acknowledged[sender->run];

    while (!sender->book->ending) {
        size_t count = 1 + kill_random(&sender->random, BATCH);

        if (batch_send(sender, *acknowledged + 1, count) < 0)
            return 1;
        *acknowledged += (int64_t)count;
        usleep(kill_random(&sender->random, sender->book->pause_us));
    }
    return 0;
}

static int add_some(struct sender *sender, struct hd_recorder *recorder, int64_t *next)
{
    size_t count = 1 + kill_random(&sender->random, BATCH);
    struct kill_payload payload;
    struct hd_new_event event;
    int64_t seq;
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        event = kill_book_event(sender->run, *next, &payload);
        event.has_seq = false;
        r = hd_recorder_add(recorder, &event, &seq);
        if (r == 0 && seq != *next)
            r = -EBADMSG;
        *next += r == 0;
    }
    if (r != -ENOBUFS)
        return r;
    usleep(RETRY_US);
    return 0;
}

static int record_with_library(struct sender *sender)
{
    struct kill_names names;
    struct hd_recorder_options options = {.socket_path = sender->socket,
                                          .run_id = names.run,
                                          .batch_events = 7,
                                          .reconnect_ms = 5,
                                          .calls_in_flight = sender->book->in_flight};
    _Atomic int64_t *acknowledged = &sender->book->acknowledged[sender->run];
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    int64_t next = 1;
    int64_t last = 0;
    int r;

    kill_book_name(sender->run, &names);
    if (hd_recorder_open(&options, &recorder) < 0)
        return 1;
    do {
        r = add_some(sender, recorder, &next);
        hd_recorder_get_state(recorder, &state);
        *acknowledged = state.acknowledged_seq;
        usleep(kill_random(&sender->random, sender->book->pause_us));
    } while (r == 0 && !sender->book->ending);
    if (r != 0)
        kill_book_fault(sender->book, "recorder %d: %d: %s", sender->run, r, state.message);
    r = hd_recorder_close(recorder, CLOSE_MS, &last);
    *acknowledged = last;
    if (r != 0 || last != next - 1) {
        kill_book_fault(sender->book, "recorder %d: closed with %d, %lld of %lld", sender->run, r,
                        (long long)last, (long long)next - 1);
        return 1;
    }
    return 0;
}

static int record(struct sender *sender)
{
    int status = 1;

    if (hd_client_new(sender->socket, &sender->client) < 0)
        return 1;
    if (run_create(sender) == 0)
        status = sender->run % 2 ? record_with_library(sender) : record_with_calls(sender);
    hd_client_free(sender->client);
    return status;
}

pid_t kill_recorder_start(struct kill_book *book, const char *socket, int run, uint32_t seed)
{
    struct sender sender = {
        .book = book, .socket = socket, .run = run, .random = seed + (uint32_t)run};
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(record(&sender));
    }
    return pid;
}
