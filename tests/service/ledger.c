/*
 * ledger RUN FILE CALLS PER_SECOND: a recorder that keeps a book of its own of what was
 * acknowledged.
 *
 * It sends events in numbered batches with blocking calls, and writes a line to FILE once a call
 * was answered: the first and the last number, when, and how long the answer took with all that
 * was in its way, both in microseconds. What is in the book must be in the database, whatever
 * became of the daemon meanwhile. A call that got no answer is made again with the same numbers.
 * Ends after CALLS calls, or at SIGTERM after the one under way, with 0; with 1 when the daemon
 * refused one, saying why.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <historyd/historyd.h>

enum { BATCH = 5, RETRY_MS = 5 };

struct ledger {
    struct hd_client *client;
    const char *run;
    int book;
};

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int signal)
{
    (void)signal;
    asked_to_end = 1;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wait_until(int64_t at)
{
    struct timespec time = {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* Whether a call that ended so is made again; else says why not. */
static bool again(struct ledger *ledger, int status)
{
    const struct hd_error *error = hd_client_error(ledger->client);

    if (status == HD_SHUTTING_DOWN || (status < 0 && status != -ENOMEM && status != -EINVAL)) {
        wait_until(clock_us(CLOCK_MONOTONIC) + RETRY_MS * 1000);
        return true;
    }
    fprintf(stderr, "ledger %s: %s\n", ledger->run, error ? error->message : "out of memory");
    return false;
}

/* The line is handed to the kernel in one piece: it outlives this program. */
static int book_enter(const struct ledger *ledger, int64_t first, int64_t took)
{
    char line[128];
    int size;

    size = snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", first,
                    first + BATCH - 1, clock_us(CLOCK_REALTIME), took);
    return write(ledger->book, line, (size_t)size) == size ? 0 : -1;
}

/* Sends BATCH events from number `first` until they are acknowledged. Returns 0 or -1. */
static int record_batch(struct ledger *ledger, int64_t first)
{
    struct hd_new_event events[BATCH];
    char payloads[BATCH][32];
    struct hd_append_events_params params = {
        .run_id = ledger->run, .events = events, .n_events = BATCH};
    const struct hd_append_events_result *result = NULL;
    int64_t began = clock_us(CLOCK_MONOTONIC);
    int r;

    for (int i = 0; i < BATCH; i++) {
        snprintf(payloads[i], sizeof(payloads[i]), "{\"n\":%" PRId64 "}", first + i);
        events[i] = (struct hd_new_event){
            .has_seq = true, .seq = first + i, .type = "unit.completed", .payload = payloads[i]};
    }
    do {
        r = hd_append_events(ledger->client, &params, &result);
    } while (r != 0 && again(ledger, r));
    hd_result_free(result);
    return r == 0 ? book_enter(ledger, first, clock_us(CLOCK_MONOTONIC) - began) : -1;
}

static int run_create(struct ledger *ledger)
{
    struct hd_create_run_params params = {.id = ledger->run, .repo_path = "/srv/ledger"};
    const struct hd_create_run_result *result = NULL;
    int r;

    do {
        r = hd_create_run(ledger->client, &params, &result);
    } while (r != 0 && again(ledger, r));
    hd_result_free(result);
    return r == 0 ? 0 : -1;
}

static int ledger_record(struct ledger *ledger, int64_t calls, int64_t per_second)
{
    int64_t begun;

    if (run_create(ledger) < 0)
        return -1;
    begun = clock_us(CLOCK_MONOTONIC);
    for (int64_t i = 0; i < calls && !asked_to_end; i++) {
        if (record_batch(ledger, 1 + i * BATCH) < 0)
            return -1;
        wait_until(begun + (i + 1) * 1000000 / per_second);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct ledger ledger = {.client = NULL};
    int64_t calls, per_second;
    int r;

    if (argc != 5) {
        fputs("usage: ledger RUN FILE CALLS PER_SECOND\n", stderr);
        return 2;
    }
    calls = strtoll(argv[3], NULL, 10);
    per_second = strtoll(argv[4], NULL, 10);
    ledger.run = argv[1];
    ledger.book = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (ledger.book < 0 || per_second <= 0 || hd_client_new(NULL, &ledger.client) < 0) {
        fprintf(stderr, "ledger: %s\n", strerror(errno));
        return 2;
    }
    signal(SIGTERM, ask_to_end);
    r = ledger_record(&ledger, calls, per_second);
    hd_client_free(ledger.client);
    close(ledger.book);
    return r == 0 ? 0 : 1;
}
