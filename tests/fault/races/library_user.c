#include "library_user.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <historyd/historyd.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <sys/prctl.h>
#include <unistd.h>

enum {
    FIRST_CYCLES = 100, /* of each thread, before it is measured */
    CALLS = 6,          /* of a client, at most */
    TURNS = 5,
    EVENTS = 20,
    SLACK_BYTES = 4096, /* in all threads and after any number of cycles */
};

struct user {
    pthread_t thread;
    struct library_counts *counts;
    const char *socket;
    int number;
    uint32_t random;
    int64_t cycles; /* to do; 0: until the end */
    int64_t seq;    /* given to recorders */
};

struct client_calls {
    struct library_counts *counts;
    int started;
    int ended;
};

static struct user users[LIBRARY_THREADS];

static uint32_t draw(struct user *user, uint32_t below)
{
    user->random = user->random * 1664525u + 1013904223u;
    return (user->random >> 8) % below;
}

static void wrong(const char *what, long long value, long long expected)
{
    fprintf(stderr, "library: %s: %lld, not %lld\n", what, value, expected);
    _exit(1);
}

/* --- a client --------------------------------------------------------------------------------- */

static int answered(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    struct client_calls *calls = userdata;

    (void)client;
    if (!reply->continues)
        calls->ended++;
    if (reply->status == -ECANCELED)
        calls->counts->cancelled++;
    return 0;
}

static void call_start(struct user *user, struct hd_client *client, struct client_calls *calls)
{
    static const struct {
        const char *method;
        const char *parameters;
        unsigned int flags;
    } known[] = {
        {"dev.historyd.history.Ping", NULL, 0},
        {"dev.historyd.history.GetStatus", NULL, 0},
        {"dev.historyd.history.Watch", NULL, HD_CALL_MORE},
        {"dev.historyd.history.ListRuns", "{\"limit\":1000}", 0},
        {"dev.historyd.history.GetRun", "{\"run_id\":\"none\"}", 0},
        {"no.such.Method", NULL, 0},
    };
    uint32_t which = draw(user, sizeof(known) / sizeof(*known));

    if (hd_client_start(client, known[which].method, known[which].parameters, known[which].flags,
                        answered, calls) == 0)
        calls->started++;
}

/* Calls are started, answers taken now and then, and the client is freed in the midst of it. */
static void client_comes_and_leaves(struct user *user)
{
    struct client_calls calls = {.counts = user->counts};
    uint32_t turns = draw(user, TURNS);
    struct hd_client *client;

    if (hd_client_new(user->socket, &client) < 0)
        wrong("hd_client_new", -1, 0);
    hd_client_set_timeout(client, 1 + draw(user, 200));
    for (uint32_t i = 0; i < turns; i++) {
        for (uint32_t left = draw(user, CALLS); left > 0; left--)
            call_start(user, client, &calls);
        hd_client_wait(client, (int)draw(user, 3));
        hd_client_process(client);
    }
    hd_client_free(client);
    user->counts->calls += calls.started;
    if (calls.ended != calls.started)
        wrong("calls that were called back for the last time", calls.ended, calls.started);
}

static int first_is_enough(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    (void)client;
    (void)reply;
    (void)userdata;
    return 1;
}

static void client_blocks(struct user *user)
{
    struct hd_watch_params watch = {.has_after_id = true, .after_id = 0};
    struct hd_client *client;

    if (hd_client_new(user->socket, &client) < 0)
        wrong("hd_client_new", -1, 0);
    hd_client_set_timeout(client, 1 + draw(user, 100));
    for (uint32_t left = draw(user, 3); left > 0; left--) {
        hd_ping(client);
        if (draw(user, 2))
            hd_watch(client, &watch, first_is_enough, NULL);
    }
    hd_client_free(client);
}

/* --- a recorder ------------------------------------------------------------------------------- */

static void recorder_comes_and_leaves(struct user *user)
{
    struct hd_new_event event = {.type = "a", .payload = "{\"from\":\"library\"}"};
    struct hd_recorder *recorder;
    char run[32];
    struct hd_recorder_options options = {.socket_path = user->socket,
                                          .run_id = run,
                                          .last_seq = user->seq,
                                          .batch_events = 1 + draw(user, 8),
                                          .reconnect_ms = 5};
    int64_t last = 0;

    snprintf(run, sizeof(run), "library-%d", user->number);
    if (hd_recorder_open(&options, &recorder) < 0)
        wrong("hd_recorder_open", -1, 0);
    for (uint32_t left = draw(user, EVENTS); left > 0; left--)
        if (hd_recorder_add(recorder, &event, NULL) == 0)
            user->seq++;
    if (draw(user, 2))
        hd_recorder_flush(recorder, (int)draw(user, 10));
    hd_recorder_close(recorder, (int)draw(user, 20), &last);
    user->counts->events += user->seq - options.last_seq;
    if (last > user->seq)
        wrong("acknowledged", last, user->seq);
}

/* --- the process ------------------------------------------------------------------------------ */

static void *use(void *data)
{
    struct user *user = data;

    for (int64_t i = 0; user->cycles ? i < user->cycles : !user->counts->ending; i++) {
        switch (draw(user, 4)) {
        case 0:
            recorder_comes_and_leaves(user);
            break;
        case 1:
            client_blocks(user);
            break;
        default:
            client_comes_and_leaves(user);
        }
        user->counts->cycles++;
    }
    return NULL;
}

static void use_in_threads(int64_t cycles)
{
    for (int i = 0; i < LIBRARY_THREADS; i++) {
        users[i].cycles = cycles;
        if (pthread_create(&users[i].thread, NULL, use, &users[i]) != 0)
            wrong("pthread_create", -1, 0);
    }
    for (int i = 0; i < LIBRARY_THREADS; i++)
        pthread_join(users[i].thread, NULL);
}

static int descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* The sanitizers have an allocator of their own, and look for leaks themselves. */
static long long memory(void)
{
    struct mallinfo2 info = mallinfo2();

    return (long long)(info.uordblks + info.hblkhd);
}

static int library_user(void)
{
    int descriptors_before;
    long long memory_before;

    use_in_threads(FIRST_CYCLES);
    descriptors_before = descriptors();
    memory_before = memory();
    use_in_threads(0);
    if (memory() > memory_before + SLACK_BYTES)
        wrong("bytes in use at the end", memory(), memory_before);
    if (descriptors() != descriptors_before)
        wrong("descriptors at the end", descriptors(), descriptors_before);
#ifdef __SANITIZE_ADDRESS__
    return __lsan_do_recoverable_leak_check();
#else
    return 0;
#endif
}

pid_t library_user_start(struct library_counts *counts, const char *socket, uint32_t seed)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < LIBRARY_THREADS; i++)
        users[i] = (struct user){
            .counts = counts, .socket = socket, .number = i, .random = seed + (uint32_t)i};
    _exit(library_user());
}
