#include "soak_sender.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 10, RETRY_US = 2000, PAUSE_NS = 1000000000 };

struct sender {
    struct kill_book *book;
    struct soak_ledger *ledger;
    const char *socket;
    struct hd_client *client;
    int number;
    int64_t next_ns; /* when the next call is due */
    char run[32];
    char repo[32];
};

/* Whether a call that ended so is to be made again. */
static bool again(struct sender *sender, int status)
{
    const struct hd_error *error = hd_client_error(sender->client);

    if (status == 0)
        return false;
    if (status == HD_SHUTTING_DOWN || (status < 0 && status != -ENOMEM && status != -EINVAL)) {
        usleep(RETRY_US);
        return true;
    }
    kill_book_fault(sender->book, "sender %d, run %s: %s", sender->number, sender->run,
                    error ? error->message : "out of memory");
    return false;
}

/* What was done beyond the pace is not caught up with: a daemon that was away finds no flood. */
static void pace(struct sender *sender, int events)
{
    int64_t rate = sender->ledger->events_per_s;
    struct timespec now, until;
    int64_t now_ns;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now_ns = (int64_t)now.tv_sec * PAUSE_NS + now.tv_nsec;
    if (rate == 0 || sender->next_ns < now_ns - PAUSE_NS)
        sender->next_ns = now_ns;
    if (rate == 0)
        return;
    until = (struct timespec){.tv_sec = sender->next_ns / PAUSE_NS,
                              .tv_nsec = sender->next_ns % PAUSE_NS};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    sender->next_ns += events * (int64_t)PAUSE_NS / rate;
}

static int run_begin(struct sender *sender, bool kept)
{
    struct hd_create_run_params create = {.id = sender->run, .repo_path = sender->repo};
    struct hd_pin_run_params pin = {.run_id = sender->run, .pinned = true};
    const void *result = NULL;
    int r;

    do
        r = hd_create_run(sender->client, &create, (void *)&result);
    while (again(sender, r));
    if (r != 0)
        return -1;
    hd_result_free(result);
    if (!kept)
        return 0;
    do
        r = hd_pin_run(sender->client, &pin, (void *)&result);
    while (again(sender, r));
    if (r != 0)
        return -1;
    hd_result_free(result);
    return 0;
}

static int events_send(struct sender *sender, int64_t first)
{
    struct kill_payload payloads[BATCH];
    struct hd_new_event events[BATCH];
    struct hd_append_events_params params = {
        .run_id = sender->run, .events = events, .n_events = BATCH};
    const struct hd_append_events_result *result = NULL;
    int r;

    for (int i = 0; i < BATCH; i++)
        events[i] = kill_book_event_of(sender->run, first + i, &payloads[i]);
    do
        r = hd_append_events(sender->client, &params, &result);
    while (again(sender, r));
    if (r != 0)
        return -1;
    if (result->duplicates > 0)
        atomic_fetch_add(&sender->ledger->repeated, 1);
    if (result->last_seq != first + BATCH - 1 || result->inserted + result->duplicates != BATCH)
        kill_book_fault(sender->book, "run %s: %lld new, %lld duplicates up to %lld", sender->run,
                        (long long)result->inserted, (long long)result->duplicates,
                        (long long)result->last_seq);
    hd_result_free(result);
    return 0;
}

/* Told twice it is told the same; but a run that has ended may be gone when it is told again. */
static int run_end(struct sender *sender)
{
    struct hd_complete_run_params params = {.run_id = sender->run,
                                            .status = "completed",
                                            .has_completed_units = true,
                                            .completed_units = SOAK_RUN_EVENTS};
    const struct hd_complete_run_result *result = NULL;
    bool doubtful = false;
    int r;

    while ((r = hd_complete_run(sender->client, &params, &result)) != 0) {
        if (r == HD_RUN_NOT_FOUND && doubtful)
            return 0;
        if (!again(sender, r))
            return -1;
        doubtful = true;
    }
    hd_result_free(result);
    return 0;
}

static int run_record(struct sender *sender, int64_t number)
{
    bool kept = number % SOAK_KEPT == 0;
    int r;

    snprintf(sender->run, sizeof(sender->run), "s%d-%06lld", sender->number, (long long)number);
    if (hd_client_new(sender->socket, &sender->client) < 0)
        return -1;
    r = run_begin(sender, kept);
    for (int64_t first = 1; r == 0 && first <= SOAK_RUN_EVENTS; first += BATCH) {
        pace(sender, BATCH);
        r = events_send(sender, first);
        if (r == 0)
            sender->ledger->acknowledged[sender->number] += BATCH;
    }
    if (r == 0)
        r = run_end(sender);
    hd_client_free(sender->client);
    if (r == 0) {
        sender->ledger->kept[sender->number] += kept;
        sender->ledger->runs[sender->number]++;
    }
    return r;
}

pid_t soak_sender_start(struct kill_book *book, struct soak_ledger *ledger, const char *socket,
                        int number)
{
    struct sender sender = {.book = book, .ledger = ledger, .socket = socket, .number = number};
    pid_t pid = fork();
    int r = 0;

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(sender.repo, sizeof(sender.repo), "/srv/soak-%d", number);
    for (int64_t i = 0; r == 0 && !book->ending; i++)
        r = run_record(&sender, i);
    _exit(r == 0 ? 0 : 1);
}
