#include "kill_crew.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "database.h"
#include "scene.h"

enum { OWN_RUN = KILL_RUNS - 1, END_MS = 60000 /* more than for anything else */ };

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- the test's own run ----------------------------------------------------------------------- */

static bool own_run_goes_on(struct kill_book *book)
{
    int64_t n = book->acknowledged[OWN_RUN] + 1;
    struct kill_payload payload;
    struct kill_names names;
    const char *error;
    cJSON *reply;

    kill_book_name(OWN_RUN, &names);
    kill_book_event(OWN_RUN, n, &payload);
    wire_start(
        wire, "AppendEvents", NULL,
        harness_text("{'run_id':'%s','events':[{'seq':%lld,'type':'unit.completed','payload':%s}]}",
                     names.run, (long long)n, payload.text));
    reply = wire_reply(wire);
    ck_assert_msg(reply != NULL, "the connection ended instead of an acknowledgement");
    error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(reply, "error"));
    if (error && book->full && strcmp(error, wire_name("StorageFull")) == 0)
        return false;
    ck_assert_msg(error == NULL, "a write was answered %s", error);
    book->acknowledged[OWN_RUN] = n;
    return true;
}

static void own_run_begins(struct kill_book *book)
{
    struct kill_names names;

    kill_book_name(OWN_RUN, &names);
    wire_call(wire, "CreateRun", "{'id':'%s','repo_path':'%s'}", names.run, names.repo);
    own_run_goes_on(book);
}

/* --- the crew --------------------------------------------------------------------------------- */

void kill_crew_begin(struct kill_crew *crew, uint32_t seed)
{
    crew->book = kill_book_new();
    crew->book->in_flight = crew->in_flight;
    own_run_begins(crew->book);
    for (int i = 0; i < KILL_RECORDERS; i++)
        crew->recorders[i] = kill_recorder_start(crew->book, subject->socket, i, seed);
    for (int i = 0; i < KILL_WATCHERS; i++)
        crew->watchers[i] = kill_watcher_start(crew->book, subject->socket, i);
}

void kill_crew_is_well(const struct kill_crew *crew)
{
    int status;

    ck_assert_msg(crew->book->faults == 0, "%s", crew->book->fault);
    for (int i = 0; i < KILL_WATCHERS; i++)
        ck_assert_msg(waitpid(crew->watchers[i], &status, WNOHANG) == 0, "watcher %d has ended", i);
}

int64_t kill_crew_acknowledged(const struct kill_crew *crew)
{
    int64_t sum = 0;

    for (int i = 0; i < KILL_RUNS; i++)
        sum += crew->book->acknowledged[i];
    return sum;
}

/* --- a death and a start ---------------------------------------------------------------------- */

bool kill_crew_write(struct kill_crew *crew)
{
    return own_run_goes_on(crew->book);
}

void kill_crew_kill(struct kill_crew *crew)
{
    subject_kill(subject);
    kill_crew_bereaved(crew);
}

void kill_crew_bereaved(struct kill_crew *crew)
{
    for (int i = 0; i < KILL_RUNS; i++)
        crew->acknowledged[i] = crew->book->acknowledged[i];
    wire_close(wire);
}

static void connect_at_once(void)
{
    int64_t deadline = harness_deadline();
    int status;

    while (!(wire = wire_try(subject->socket))) {
        ck_assert_msg(!subject_has_ended(subject, &status), "historyd ended with %d:\n%s", status,
                      subject_output(subject));
        harness_left(deadline, "historyd to listen");
        usleep(500);
    }
}

static void acknowledged_is_there(const int64_t *acknowledged)
{
    for (int i = 0; i < KILL_RUNS; i++) {
        struct kill_names names;
        int64_t stored;

        if (acknowledged[i] == 0)
            continue;
        kill_book_name(i, &names);
        stored =
            answer_int(wire_call(wire, "GetRun", "{'run_id':'%s'}", names.run), "run.last_seq");
        ck_assert_msg(stored >= acknowledged[i], "run %s: %lld acknowledged, %lld stored",
                      names.run, (long long)acknowledged[i], (long long)stored);
    }
}

int64_t kill_crew_start(struct kill_crew *crew)
{
    int64_t began = now_us();

    subject_spawn(subject);
    connect_at_once();
    own_run_goes_on(crew->book);
    began = now_us() - began;
    acknowledged_is_there(crew->acknowledged);
    kill_crew_is_well(crew);
    return began;
}

/* --- the end ---------------------------------------------------------------------------------- */

void kill_crew_recorders_end(struct kill_crew *crew)
{
    int64_t deadline = harness_deadline() + END_MS;
    int status;

    crew->book->ending = true;
    for (int i = 0; i < KILL_RECORDERS; i++) {
        while (waitpid(crew->recorders[i], &status, WNOHANG) == 0)
            harness_turn(deadline, "the recorders to end");
        ck_assert_msg(status == 0, "recorder %d: %s", i, crew->book->fault);
    }
}

void kill_crew_watchers_end(struct kill_crew *crew)
{
    int64_t deadline = harness_deadline() + END_MS;
    struct kill_book *book = crew->book;

    for (int i = 0; i < KILL_WATCHERS; i++) {
        for (int run = 0; run < KILL_RUNS; run++) {
            while (kill_watcher_selects(i, run) && book->seen[i][run] < book->acknowledged[run]) {
                kill_crew_is_well(crew);
                harness_turn(deadline, "the watchers to see all");
            }
            if (kill_watcher_selects(i, run))
                ck_assert_int_eq(book->seen[i][run], book->acknowledged[run]);
        }
    }
    kill_crew_is_well(crew);
    for (int i = 0; i < KILL_WATCHERS; i++) {
        ck_assert_int_eq(kill(crew->watchers[i], SIGKILL), 0);
        ck_assert_int_eq(waitpid(crew->watchers[i], NULL, 0), crew->watchers[i]);
    }
}

void kill_crew_compare(const struct kill_crew *crew)
{
    struct kill_names names;
    char query[128];

    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
    ck_assert_int_eq(database_int(subject->database, kill_book_query_strange()), 0);
    ck_assert_int_eq(database_int(subject->database,
                                  "SELECT count(*) FROM (SELECT seq - lag(seq, 1, 0) OVER "
                                  "(PARTITION BY run_id ORDER BY id) AS step FROM events "
                                  "WHERE " KILL_RUNS_OF_SENDERS ") WHERE step <> 1"),
                     0);
    for (int run = 0; run < KILL_RUNS; run++) {
        kill_book_name(run, &names);
        snprintf(query, sizeof(query), "SELECT count(*) FROM events WHERE run_id = '%s'",
                 names.run);
        ck_assert_int_eq(database_int(subject->database, query), crew->book->acknowledged[run]);
    }
}
