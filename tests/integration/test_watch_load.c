/*
 * Fifty watchers, started at random moments while two runs are recorded and the daemon is killed
 * and started again: some read slowly, one not at all for a while, all resume by after_id. Each
 * sees every event of its selection once, in the order of commits.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "scene.h"
#include "senders.h"

enum { WATCHERS = 50, SELECTIONS = 6, STOPPED = 7 };

struct selection {
    const char *parameters; /* of Watch; the place is added */
    const char *where;      /* the same in SQL */
};

static const struct selection selections[SELECTIONS] = {
    {"", "1"},
    {"\"run_id\":\"r\"", "run_id = 'r'"},
    {"\"run_id\":\"s\"", "run_id = 's'"},
    {"\"repo_path\":\"/s\"", "run_id = 's'"},
    {"\"type\":\"unit\"", "type LIKE 'unit.%'"},
    {"\"type\":\"task.started\",\"repo_path\":\"/r\"", "type = 'task.started' AND run_id = 'r'"},
};

struct watcher {
    const struct selection *selection;
    struct wire *wire; /* NULL: not started, or lost */
    int64_t starts_at; /* when so many events are stored */
    int64_t first;     /* events above this id are its own; -1: the place of `ready` says */
    int64_t last_id;   /* from the latest reply; -1: none came yet */
    int64_t *ids;      /* what it saw */
    size_t n_ids;
    size_t capacity;
    int64_t *expected; /* what it must see; NULL: not known yet */
    int64_t n_expected;
    bool slow;
};

static struct watcher watchers[WATCHERS];
static int64_t stored; /* events, by the latest GetStatus */

static void watcher_connect(struct watcher *watcher)
{
    const char *given = watcher->selection->parameters;
    const char *comma = *given ? "," : "";
    const char *parameters;

    watcher->wire = wire_try(subject->socket);
    if (!watcher->wire)
        return;
    if (watcher->last_id >= 0)
        parameters =
            harness_text("{%s%s'after_id':%lld}", given, comma, (long long)watcher->last_id);
    else if (watcher->first == 0)
        parameters = harness_text("{%s%s'after_id':0}", given, comma);
    else
        parameters = harness_text("{%s}", given);
    wire_send_text(watcher->wire,
                   "{'method':'dev.historyd.history.Watch','more':true,'parameters':%s}",
                   parameters);
}

static void watcher_sees(struct watcher *watcher, int64_t id)
{
    ck_assert_msg(watcher->n_ids == 0 || watcher->ids[watcher->n_ids - 1] < id,
                  "watcher %d (%s): id %lld after %lld", (int)(watcher - watchers),
                  watcher->selection->parameters, (long long)id,
                  (long long)watcher->ids[watcher->n_ids - 1]);
    if (watcher->n_ids == watcher->capacity) {
        watcher->capacity = watcher->capacity * 2 + 1024;
        watcher->ids = realloc(watcher->ids, watcher->capacity * sizeof(*watcher->ids));
        ck_assert_ptr_nonnull(watcher->ids);
    }
    watcher->ids[watcher->n_ids++] = id;
}

static void watcher_take(struct watcher *watcher, const char *message)
{
    cJSON *reply = cJSON_Parse(message);
    cJSON *parameters = cJSON_GetObjectItemCaseSensitive(reply, "parameters");
    const cJSON *event;
    int64_t last_id;

    ck_assert_msg(reply && !cJSON_GetObjectItemCaseSensitive(reply, "error"), "watcher %d: %.300s",
                  (int)(watcher - watchers), message);
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(parameters, "events"))
    {
        watcher_sees(watcher, answer_int(event, "id"));
    }
    last_id = answer_int(parameters, "last_id");
    ck_assert_msg(last_id >= watcher->last_id, "last_id goes back");
    watcher->last_id = last_id;
    if (cJSON_GetObjectItemCaseSensitive(parameters, "ready")) {
        if (watcher->first < 0)
            watcher->first = last_id;
    } else if (watcher->first < 0 && !cJSON_GetObjectItemCaseSensitive(parameters, "run")) {
        ck_abort_msg("watcher %d: events before ready: %.300s", (int)(watcher - watchers), message);
    }
    if (watcher->first < 0)
        watcher->last_id = -1; /* a row before ready is no place yet */
    cJSON_Delete(reply);
}

/* Takes in what has come; slow ones one message a turn. */
static void watcher_turn(struct watcher *watcher)
{
    const char *message;
    bool ended = false;

    if (!watcher->wire) {
        if (stored >= watcher->starts_at)
            watcher_connect(watcher);
        return;
    }
    if (watcher->slow && harness_random(4) != 0)
        return;
    while ((message = wire_receive_now(watcher->wire, &ended))) {
        watcher_take(watcher, message);
        if (watcher->slow)
            break;
    }
    if (ended) {
        wire_close(watcher->wire);
        watcher->wire = NULL;
    }
}

static void watchers_turn(bool all)
{
    for (int i = 0; i < WATCHERS; i++)
        if (all || i != STOPPED)
            watcher_turn(&watchers[i]);
}

static void watchers_make(long count)
{
    for (int i = 0; i < WATCHERS; i++)
        watchers[i] = (struct watcher){
            .selection = &selections[i % SELECTIONS],
            .starts_at = i < 5 || i == STOPPED ? 0 : harness_random((uint32_t)(2 * count)),
            .first = i % 4 == 3 ? -1 : 0,
            .last_id = -1,
            .slow = i % 5 == 1,
        };
}

static void stored_ask(void)
{
    stored = answer_int(wire_call(wire, "GetStatus", NULL), "last_event_id");
}

/* Where each run stands when kill number `i` happens: all within its first two thirds. */
static int64_t kill_place(long count, long kills, long i)
{
    return count * 2 / 3 * i / kills;
}

static void daemon_kill_and_start(void)
{
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
}

/* Records both runs to the end with the kills in between. */
static void load_run(long count)
{
    long kills = harness_scaled(3, 2) < 20 ? harness_scaled(3, 2) : 20;
    long killed = 0;
    int64_t deadline = harness_now() + 600000;
    pid_t loads[2];
    int ended = 0;

    load_allow(kill_place(count, kills, 2) - 1);
    loads[0] = load_start(subject, "r", count);
    loads[1] = load_start(subject, "s", count);
    while (ended < 2) {
        stored_ask();
        if (killed < kills && stored >= 2 * kill_place(count, kills, killed + 1)) {
            daemon_kill_and_start();
            killed++;
            load_allow(killed < kills ? kill_place(count, kills, killed + 2) - 1 : count);
        }
        watchers_turn(false);
        harness_turn(deadline, "the load to end");
        for (int i = 0; i < 2; i++) {
            if (loads[i] && load_has_ended(loads[i])) {
                loads[i] = 0;
                ended++;
            }
        }
    }
    ck_assert_int_eq(killed, kills);
}

/* One event of each selection at the very end: what a watcher still has to see comes before it. */
static void last_events_make(void)
{
    scene_event("r", "unit.completed");
    scene_event("s", "unit.completed");
    scene_event("r", "task.started");
    scene_event("s", "task.started");
    stored_ask();
}

static int64_t ids_of(const struct selection *selection, int64_t after, int64_t **ret_ids)
{
    char query[256];
    const char *rows;
    int64_t n = 0;

    snprintf(query, sizeof(query), "SELECT id FROM events WHERE (%s) AND id > %lld ORDER BY id",
             selection->where, (long long)after);
    rows = database_rows(subject->database, query);
    *ret_ids = harness_alloc(strlen(rows) * sizeof(**ret_ids) + 1);
    while (*rows) {
        (*ret_ids)[n++] = strtoll(rows, (char **)&rows, 10);
        rows++;
    }
    return n;
}

static bool watcher_is_done(struct watcher *watcher)
{
    if (watcher->first < 0)
        return false;
    if (!watcher->expected)
        watcher->n_expected = ids_of(watcher->selection, watcher->first, &watcher->expected);
    return (int64_t)watcher->n_ids >= watcher->n_expected;
}

static void watchers_finish(void)
{
    int64_t deadline = harness_now() + 120000;

    for (int i = 0; i < WATCHERS; i++) {
        while (!watcher_is_done(&watchers[i])) {
            for (int turn = 0; turn < 50; turn++)
                watchers_turn(true);
            harness_turn(deadline, "the watchers to see all");
        }
    }
}

START_TEST(fifty_watchers)
{
    long count = harness_scaled(5000, 1500);

    wire_call(wire, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(wire, "CreateRun", "{'id':'s','repo_path':'/s'}");
    watchers_make(count);
    load_run(count);
    last_events_make();
    watchers_finish();
    for (int i = 0; i < WATCHERS; i++) {
        const struct watcher *watcher = &watchers[i];
        size_t size = (size_t)watcher->n_expected * sizeof(*watcher->expected);

        ck_assert_msg(watcher->n_expected == (int64_t)watcher->n_ids &&
                          (size == 0 || memcmp(watcher->expected, watcher->ids, size) == 0),
                      "watcher %d (%s) saw %zu of %lld events", i, watcher->selection->parameters,
                      watcher->n_ids, (long long)watcher->n_expected);
        free(watcher->ids);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch under load");
    TCase *test_case = scene_case(suite, "watch under load", 180);

    tcase_add_test(test_case, fifty_watchers);
    return harness_main(suite);
}
