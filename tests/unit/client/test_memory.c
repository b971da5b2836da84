/*
 * Out of memory at every allocation, one after the other: it is told, nothing is lost, and what was
 * asked for works when it is asked for again.
 *
 * Linked with the static library, whose allocations come here (ld's --wrap).
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_model.h"
#include "quiet.h"

static atomic_long countdown = -1; /* to the allocation that fails; below 0: none */
static _Thread_local bool exempt;  /* the test's own threads */

static bool fails(void)
{
    return !exempt && countdown >= 0 && atomic_fetch_sub(&countdown, 1) == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
/* Visible, for a sanitizer's library asks for the names, too. */
#pragma GCC visibility push(default)
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
#pragma GCC visibility pop

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* Ends a script that waits for a connection. */
static void end_script(const struct fake_server *server, atomic_bool *ending)
{
    struct hd_client *client = fake_client(server);

    *ending = true;
    hd_ping_start(client, 0, NULL, NULL);
    hd_client_free(client);
}

/* --- calls ------------------------------------------------------------------------------------ */

static const struct hd_node nodes[] = {{.id = "a", .attributes = "{\"x\":[1]}"}};
static const struct hd_graph graph = {.nodes = nodes, .n_nodes = 1};
static const struct hd_create_run_params create_params = {.repo_path = "/src", .graph = &graph};

/* What came of some calls. Check allocates too, so all is looked at later. */
struct attempt {
    struct hd_client *client; /* the caller's to free */
    int created, refused, unknown;
    char run_id[8];
};

static int count_texts(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    (void)client;
    if (reply->parameters)
        ++*(int *)userdata;
    return 0;
}

static bool is_memory_or(int status, int expected)
{
    return status == -ENOMEM || status == expected;
}

static struct attempt make_attempt(const struct fake_server *server, struct hd_client *client)
{
    const struct hd_create_run_result *result = NULL;
    struct attempt attempt = {.client = client};
    int texts = 0;

    if (!client && hd_client_new(server->path, &attempt.client) != 0)
        return attempt;
    attempt.created = hd_create_run(attempt.client, &create_params, &result);
    if (result)
        strncpy(attempt.run_id, result->run.id, sizeof(attempt.run_id) - 1);
    hd_result_free(result);
    attempt.refused = hd_ping(attempt.client);
    attempt.unknown = hd_client_call(attempt.client, "x.Y", "{\"a\":1}", 0, count_texts, &texts);
    return attempt;
}

/* Answers calls by their method, on as many connections as the client makes. */
static void script_answers(struct fake_server *server, void *data)
{
    const atomic_bool *ending = data;
    struct fake_peer peer;
    const char *text;

    exempt = true;
    while (fake_accept(server, &peer)) {
        while (fake_read(&peer, &text)) {
            if (strstr(text, "CreateRun"))
                fake_send(&peer, "{\"parameters\":{\"run\":" FAKE_RUN ",\"created\":true}}");
            else if (strstr(text, "Ping"))
                fake_send(&peer, "{\"error\":\"dev.historyd.history.Busy\",\"parameters\":"
                                 "{\"retry_after_ms\":1}}");
            else
                fake_send(&peer, "{\"error\":\"x.Z\",\"parameters\":{\"b\":[]}}");
        }
        fake_close(&peer);
        if (*ending)
            return;
    }
}

START_TEST(calls_without_memory)
{
    atomic_bool ending = false;
    struct fake_server server;
    struct attempt attempt;
    bool failed = true;
    long n;

    exempt = true;
    fake_server_start(&server, script_answers, &ending);
    for (n = 0; failed; n++) {
        countdown = n;
        exempt = false;
        attempt = make_attempt(&server, NULL);
        exempt = true;
        failed = atomic_exchange(&countdown, -1) < 0;
        if (attempt.client) {
            ck_assert(is_memory_or(attempt.created, 0));
            ck_assert_str_eq(attempt.run_id, attempt.created == 0 ? "r1" : "");
            ck_assert(is_memory_or(attempt.refused, HD_BUSY));
            ck_assert(is_memory_or(attempt.unknown, HD_UNKNOWN_ERROR));
            ck_assert_int_eq(hd_client_error(attempt.client)->status, attempt.unknown);
            ck_assert_ptr_nonnull(hd_client_error(attempt.client)->message);
            attempt = make_attempt(&server, attempt.client); /* the client is as good as new */
        } else {
            attempt = make_attempt(&server, NULL);
        }
        ck_assert_int_eq(attempt.created, 0);
        ck_assert_int_eq(attempt.refused, HD_BUSY);
        ck_assert_int_eq(attempt.unknown, HD_UNKNOWN_ERROR);
        hd_client_free(attempt.client);
    }
    ck_assert_int_gt(n, 20);
    end_script(&server, &ending);
    fake_server_join(&server);
}
END_TEST

/* --- the recorder ----------------------------------------------------------------------------- */

static struct daemon_model model;

/* Takes few events at once, so that batches are halved too. */
static void script_daemon(struct fake_server *server, void *data)
{
    const atomic_bool *ending = data;
    struct append_call call;
    struct fake_peer peer;
    const char *text;

    exempt = true;
    while (fake_accept(server, &peer)) {
        while (fake_read(&peer, &text)) {
            if (!daemon_model_read(server, text, &call))
                return;
            if (call.n_events <= 2)
                daemon_model_take(&model, &peer, text);
            else
                fake_send(&peer, "{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":"
                                 "{\"what\":\"events\",\"limit\":2}}");
        }
        fake_close(&peer);
        if (*ending)
            return;
    }
}

enum { MEMORY_EVENTS = 9 };

struct recording {
    const struct fake_server *server;
    int wrong, closed; /* statuses */
    int64_t acknowledged;
};

/* Tries again whatever had no memory. Runs in a thread that is not exempt, like the sender's. */
static void *record_all(void *data)
{
    struct recording *recording = data;
    const struct hd_recorder_options options = {
        .socket_path = recording->server->path,
        .run_id = "r1",
        .batch_events = 4,
        .reconnect_ms = 1,
    };
    struct hd_recorder *recorder;
    int added, r;

    while ((r = hd_recorder_open(&options, &recorder)) == -ENOMEM)
        ;
    recording->wrong = r;
    for (added = 0; added < MEMORY_EVENTS && recording->wrong == 0; added += r == 0) {
        r = hd_recorder_add(recorder, &model_event, NULL);
        recording->wrong = r == -ENOMEM ? 0 : r;
    }
    if (recording->wrong == 0)
        recording->closed = hd_recorder_close(recorder, -1, &recording->acknowledged);
    return NULL;
}

START_TEST(recorder_without_memory)
{
    atomic_bool ending = false;
    struct recording recording;
    struct fake_server server;
    pthread_t thread;
    bool failed = true;
    long n;

    exempt = true;
    for (n = 0; failed; n++) {
        ending = false;
        fake_server_start(&server, script_daemon, &ending);
        countdown = n;
        recording = (struct recording){.server = &server};
        ck_assert_int_eq(pthread_create(&thread, NULL, record_all, &recording), 0);
        pthread_join(thread, NULL);
        failed = atomic_exchange(&countdown, -1) < 0;
        end_script(&server, &ending);
        fake_server_join(&server);
        ck_assert_int_eq(recording.wrong, 0);
        ck_assert_int_eq(recording.closed, 0);
        ck_assert_int_eq(recording.acknowledged, MEMORY_EVENTS);
        daemon_model_assert(&model, MEMORY_EVENTS);
        daemon_model_clear(&model);
    }
    ck_assert_int_gt(n, 20);
}
END_TEST

static Suite *memory_suite(void)
{
    Suite *suite = suite_create("client memory");
    TCase *tcase = quiet_tcase("memory");

    tcase_add_test(tcase, calls_without_memory);
    tcase_add_test(tcase, recorder_without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(memory_suite());
}
