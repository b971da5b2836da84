/*
 * torture_soak [--minutes N] [--kill-every SECONDS] [--seed N]: a long life at half of peak.
 *
 * Two dozen processes record, eight watch, one reads slowly, four come and leave all the time, and
 * one has backups made, of which the newest three stay. For twenty seconds they send as much as the
 * daemon takes, then half of that. Retention is set so small that most of what is recorded is
 * deleted again. Every ten minutes (every minute where the soak takes no more than ten) the daemon
 * is killed with SIGKILL and started again.
 *
 * All along its memory, descriptors and files are measured; soak_measure.h says what is demanded of
 * them. At the end nothing that was acknowledged is missing but what retention removed, each event
 * is there once, watchers were shown all of their runs without a gap, and the database and the
 * newest backup are sound.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database.h"
#include "kill_crew.h"
#include "scene.h"
#include "soak_measure.h"
#include "soak_peers.h"
#include "soak_sender.h"
#include "visitor.h"

enum {
    VISITORS = 4,
    VISIT_US = 20000, /* from visit to visit, on average */
    RUNS_KEPT = 20,   /* of each repository */
    LOOK_S = 5,
    CREW_PAUSE_US = 400000, /* of recorders, once the peak is known */
    TURN_MS = 100,
    STEADY = 10,
    TELL_MS = 60000,
    END_MS = 2 * 60000, /* more than for anything else */
};

enum { SMOKE_MS = 24000, SMOKE_LIVES = 3 };

/* Of the smoke. */
static int64_t duration_ms;
static int64_t life_ms;
static int64_t peak_ms = 4000;
static int64_t sample_ms = 500;
static int backup_s = 3;
static bool judges_memory;
static const char *seed_text;

static struct kill_crew crew;
static struct soak_ledger *ledger;
static struct visitor_counts *visitors;
static struct soak_samples *samples;
static pid_t sender_pids[SOAK_SENDERS];
static pid_t visitor_pids[VISITORS];
static pid_t slow_pid;
static pid_t backup_pid;
static int idle_descriptors;
static int lives;
static int64_t longest_start; /* microseconds */

static int64_t sum(_Atomic int64_t *values)
{
    int64_t total = 0;

    for (int i = 0; i < SOAK_SENDERS; i++)
        total += values[i];
    return total;
}

static int64_t acknowledged(void)
{
    return kill_crew_acknowledged(&crew) + sum(ledger->acknowledged);
}

/* --- the load --------------------------------------------------------------------------------- */

/* Once their number is the same time and again. */
static int descriptors_at_rest(void)
{
    int64_t deadline = harness_deadline();
    int count = -1;

    for (int same = 0; same < STEADY; same++) {
        int before = count;

        scene_read_everywhere();
        harness_turn(deadline, "the descriptors to be the same");
        count = subject_descriptors(subject);
        if (count != before)
            same = 0;
    }
    return count;
}

static void load_begin(void)
{
    uint32_t seed = harness_random(1u << 24);

    idle_descriptors = descriptors_at_rest();
    kill_crew_begin(&crew, seed);
    crew.book->others = true;
    ledger = harness_shared(sizeof(*ledger));
    visitors = visitor_counts_new();
    visitors->gentle = true;
    for (int i = 0; i < SOAK_SENDERS; i++)
        sender_pids[i] = soak_sender_start(crew.book, ledger, subject->socket, i);
    for (int i = 0; i < VISITORS; i++)
        visitor_pids[i] =
            visitor_start(visitors, subject->socket, seed + 100 + (uint32_t)i, VISIT_US);
    slow_pid = soak_slow_readers_start(ledger, subject->socket);
    backup_pid = soak_backups_start(crew.book, ledger, subject->socket, backup_s);
}

static void everybody_is_well(void)
{
    kill_crew_is_well(&crew);
    for (int i = 0; i < SOAK_SENDERS; i++)
        ck_assert_msg(waitpid(sender_pids[i], NULL, WNOHANG) == 0, "sender %d has ended", i);
    for (int i = 0; i < VISITORS; i++)
        ck_assert_msg(waitpid(visitor_pids[i], NULL, WNOHANG) == 0, "visitor %d has ended", i);
    ck_assert_msg(waitpid(slow_pid, NULL, WNOHANG) == 0, "the slow reader has ended");
    ck_assert_msg(waitpid(backup_pid, NULL, WNOHANG) == 0, "who has backups made has ended");
}

static void killed(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void ended(pid_t pid, int64_t deadline, const char *who)
{
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0)
        harness_turn(deadline, who);
    ck_assert_msg(status == 0, "%s: %s", who, crew.book->fault);
}

/* The daemon serves nobody but the test again. */
static void load_end(void)
{
    int64_t deadline = harness_deadline() + END_MS;

    kill_crew_recorders_end(&crew);
    for (int i = 0; i < SOAK_SENDERS; i++)
        ended(sender_pids[i], deadline, "the senders to end");
    visitors->ending = true;
    for (int i = 0; i < VISITORS; i++)
        ended(visitor_pids[i], deadline, "the visitors to end");
    killed(slow_pid);
    killed(backup_pid);
    kill_crew_watchers_end(&crew);
    ck_assert_int_le(descriptors_at_rest(), idle_descriptors);
}

/* --- the time --------------------------------------------------------------------------------- */

static void tell_sample(const struct soak_sample *sample)
{
    static int64_t events;
    static double second;
    int64_t now = acknowledged();

    printf("%7.0f s  life %2d  %7.0f events/s  memory %6.1f MiB  descriptors %3d  wal %5.1f MiB  "
           "database %7.1f MiB  log %6.1f KiB  backups %lld  visits %lld\n",
           sample->second, sample->life + 1, (double)(now - events) / (sample->second - second),
           sample->memory / 1024, sample->descriptors, sample->wal / 1024, sample->database / 1024,
           sample->log, (long long)ledger->backups, (long long)visitors->visits);
    fflush(stdout);
    events = now;
    second = sample->second;
}

/* Goes on until then, measuring. */
static void go_on_until(int64_t end)
{
    static int64_t next_sample, next_tell;
    int64_t now;

    while ((now = harness_now()) < end) {
        everybody_is_well();
        if (now >= next_sample) {
            const struct soak_sample *sample = soak_sample_take(samples, subject, lives);

            next_sample = now + sample_ms;
            if (now >= next_tell) {
                tell_sample(sample);
                next_tell = now + TELL_MS;
            }
        }
        usleep(TURN_MS * 1000);
    }
}

/* The first fifth is warming up. */
static double peak_find(int64_t began)
{
    int64_t events;

    go_on_until(began + peak_ms / 5);
    events = acknowledged();
    go_on_until(began + peak_ms);
    return (double)(acknowledged() - events) / ((double)peak_ms * 4 / 5 / 1000);
}

static void pace_down(double peak)
{
    const double crew_rate = KILL_RECORDERS * 3 / (CREW_PAUSE_US / 2 / 1e6);
    double rate = (peak / 2 - crew_rate) / SOAK_SENDERS;

    printf("peak: %.0f events/s; from now on half of that\n", peak);
    fflush(stdout);
    crew.book->pause_us = CREW_PAUSE_US;
    ledger->events_per_s = rate > 20 ? (int64_t)rate : 20;
}

static void live(void)
{
    int64_t began = harness_now();
    int64_t took;

    pace_down(peak_find(began));
    while (began + (lives + 1) * life_ms < began + duration_ms) {
        go_on_until(began + (lives + 1) * life_ms);
        kill_crew_kill(&crew);
        took = kill_crew_start(&crew);
        longest_start = took > longest_start ? took : longest_start;
        lives++;
    }
    go_on_until(began + duration_ms);
}

/* --- what is left ----------------------------------------------------------------------------- */

/* One look of retention's own may be under way. */
static void retention_ends(void)
{
    int64_t deadline = harness_deadline() + END_MS;
    const cJSON *error;

    for (;;) {
        wire_start(wire, "dev.historyd.admin.ApplyRetention", NULL, NULL);
        if (!(error = answer_find(wire_reply(wire), "error")))
            return;
        ck_assert_str_eq(error->valuestring, "dev.historyd.admin.InProgress");
        harness_turn(deadline, "retention to end");
        usleep(TURN_MS * 1000);
    }
}

static void runs_are_as_promised(void)
{
    int64_t unpinned, expected = 0;

    ck_assert_int_eq(database_int(subject->database,
                                  "SELECT count(*) FROM runs WHERE id GLOB 's*' AND (status <> "
                                  "'completed' OR completed_units <> (SELECT count(*) FROM events "
                                  "WHERE run_id = runs.id))"),
                     0);
    for (int i = 0; i < SOAK_SENDERS; i++) {
        for (int64_t n = 0; n < ledger->runs[i]; n += SOAK_KEPT)
            ck_assert_int_eq(
                database_int(subject->database,
                             harness_text("SELECT count(*) FROM runs WHERE id = 's%d-%06lld'", i,
                                          (long long)n)),
                1);
        unpinned = ledger->runs[i] - ledger->kept[i];
        expected += ledger->kept[i] + (unpinned < RUNS_KEPT ? unpinned : RUNS_KEPT);
    }
    ck_assert_int_eq(
        database_int(subject->database, "SELECT count(*) FROM runs WHERE id GLOB 's*'"), expected);
    printf("runs ended: %lld, deleted by retention: %lld, pinned: %lld\n",
           (long long)sum(ledger->runs), (long long)(sum(ledger->runs) - expected),
           (long long)sum(ledger->kept));
}

static void newest_backup_is_sound(void)
{
    const char *folder = harness_path("backups");
    DIR *directory = opendir(folder);
    const char *newest = "";
    struct dirent *entry;
    int files = 0;

    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        files++;
        if (strcmp(entry->d_name, newest) > 0)
            newest = harness_text("%s", entry->d_name);
    }
    closedir(directory);
    ck_assert_int_gt(files, 0);
    ck_assert_int_le(files, SOAK_BACKUPS_KEPT);
    ck_assert_str_eq(database_rows(harness_text("%s/%s", folder, newest), "PRAGMA integrity_check"),
                     "ok\n");
    printf("backups: %lld made, %lld cut short by a kill, %d left, the newest is sound\n",
           (long long)ledger->backups, (long long)ledger->backups_failed, files);
}

static void tell(void)
{
    printf("%d kills, longest restart to first acknowledgement %.1f ms, %lld events acknowledged, "
           "%lld calls answered as duplicates, %lld streams resumed, %lld visits (%lld refused), "
           "%lld connections of slow readers closed: 0 lost, 0 doubled, 0 gaps\n",
           lives, (double)longest_start / 1000, (long long)acknowledged(),
           (long long)(ledger->repeated + crew.book->repeated), (long long)crew.book->resumed,
           (long long)visitors->visits, (long long)visitors->refused,
           (long long)ledger->slow_closed);
    fflush(stdout);
}

START_TEST(it_lives_long)
{
    samples = soak_samples_new(duration_ms, sample_ms);
    load_begin();
    live();
    load_end();
    retention_ends();
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true}");
    printf("memory when all have left: %.1f MiB\n", (double)subject_memory(subject) / 1024);
    subject_stop(subject);
    kill_crew_compare(&crew);
    runs_are_as_promised();
    newest_backup_is_sound();
    tell();
    soak_judge_memory(samples, judges_memory);
    soak_judge_files(samples);
}
END_TEST

/* A small page cache is full within a minute, and then memory that grows is not the cache. */
static void setup(void)
{
    if (seed_text)
        setenv("HISTORYD_TEST_SEED", seed_text, 1);
    harness_setup();
    subject = subject_new("historyd");
    subject_configure(subject,
                      harness_text("[store]\ncache_kib = 1024\n[retention]\nruns_per_repo = %d\n"
                                   "interval_s = %d\n[backup]\nfolder = %s\n",
                                   RUNS_KEPT, LOOK_S, harness_path("backups")));
    subject_start(subject);
    wire = wire_open(subject);
}

static bool options_read(int argc, char **argv)
{
    double minutes;
    int64_t life_s = 0;

    duration_ms = harness_scaled(SMOKE_MS, SMOKE_MS / 2);
    life_ms = duration_ms / SMOKE_LIVES;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--minutes") == 0) {
            minutes = strtod(argv[i + 1], NULL);
            duration_ms = (int64_t)(minutes * 60000);
            life_ms = minutes > 10 ? 600000 : 60000;
            peak_ms = 20000;
            sample_ms = 5000;
            backup_s = minutes > 10 ? 130 : 13;
            judges_memory = true;
        } else if (strcmp(argv[i], "--kill-every") == 0) {
            life_s = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed_text = argv[i + 1];
        } else {
            return false;
        }
    }
    if (life_s > 0)
        life_ms = life_s * 1000;
    return argc % 2 == 1 && duration_ms > peak_ms;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("soak");
    TCase *test_case;

    if (!options_read(argc, argv)) {
        fputs("usage: torture_soak [--minutes N] [--kill-every SECONDS] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "soak", 900.0 + (double)duration_ms / 1000, setup);
    tcase_add_test(test_case, it_lives_long);
    return harness_main(suite);
}
