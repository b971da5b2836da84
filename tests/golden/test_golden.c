/*
 * The frozen transcripts of this folder, replayed to a real daemon: bytes in, bytes out. A
 * difference is a change of the protocol. What a ! line may say stands in directive_run().
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "scene.h"
#include "transcript.h"

enum { MAX_WIRES = 8 };

struct named_wire {
    const char *name;
    struct wire *wire;
};

static glob_t transcripts;
static struct named_wire wires[MAX_WIRES];
static void *lock;
static const char *place;   /* file and line, for messages */
static bool skipped;        /* the rest of the transcript */
static const char *waiting; /* a message that a directive received already */

static void wires_close(void)
{
    for (size_t i = 0; i < MAX_WIRES && wires[i].wire; i++) {
        wire_close(wires[i].wire);
        wires[i].wire = NULL;
    }
}

/* Goes on with the connection of that name, a new one if there is none. */
static void wire_choose(const char *name)
{
    for (size_t i = 0; i < MAX_WIRES; i++) {
        if (!wires[i].wire)
            wires[i] = (struct named_wire){.name = name, .wire = wire_open(subject)};
        if (strcmp(wires[i].name, name) == 0) {
            wire = wires[i].wire;
            return;
        }
    }
    ck_abort_msg("%s: too many connections", place);
}

/* A connection of somebody who is neither root nor the daemon's user. */
static void wire_choose_stranger(const char *name)
{
    enum { NOBODY = 65534 };

    ck_assert_int_eq(chmod(harness_folder(), 0711), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    wire_choose(name);
    ck_assert_int_eq(seteuid(0), 0);
}

static void daemon_restart(void)
{
    wires_close();
    subject_stop(subject);
    subject_start(subject);
    wire_choose("main");
}

/* Asks the daemon to end, and calls until the answer is another than before. */
static void daemon_ask_to_end(void)
{
    subject_signal(subject, SIGTERM);
    do {
        wire_start(wire, "Ping", NULL, NULL);
        waiting = wire_receive(wire, NULL);
    } while (waiting && strcmp(waiting, "{\"parameters\":{}}") == 0);
    ck_assert_msg(waiting != NULL, "%s: the connection ended", place);
}

static void directive_run(char *words)
{
    char *argument = strchr(words, ' ');

    if (argument)
        *argument++ = '\0';
    if (strcmp(words, "connection") == 0) /* NAME: goes on with it */
        wire_choose(argument);
    else if (strcmp(words, "stranger") == 0) /* NAME: the same as another user */
        wire_choose_stranger(argument);
    else if (strcmp(words, "root") == 0) /* what follows only works for root */
        skipped = geteuid() != 0;
    else if (strcmp(words, "end") == 0) /* the daemon closes the connection */
        wire_expect_end(wire);
    else if (strcmp(words, "restart") == 0)
        daemon_restart();
    else if (strcmp(words, "config") == 0) { /* SECTION KEY=VALUE: restarts with it */
        char *key = strchr(argument, ' ');

        *key++ = '\0';
        subject_configure(subject, harness_text("[%s]\n%s\n", argument, key));
        daemon_restart();
    } else if (strcmp(words, "sql") == 0) { /* STATEMENTS: runs them while the daemon is down */
        wires_close();
        subject_stop(subject);
        database_run(subject->database, argument);
        subject_start(subject);
        wire_choose("main");
    } else if (strcmp(words, "disk") == 0) { /* sound, full or sync */
        if (!subject->fault) {
            subject_make_fallible(subject);
            daemon_restart();
        }
        subject_fail(subject, strcmp(argument, "sound") == 0 ? NULL : argument);
    } else if (strcmp(words, "lock") == 0) /* another program holds the database's write lock */
        lock = database_lock(subject->database);
    else if (strcmp(words, "unlock") == 0)
        database_unlock(lock);
    else if (strcmp(words, "terminate") == 0) /* SIGTERM, and calls until it is noticed */
        daemon_ask_to_end();
    else if (strcmp(words, "ends") == 0) /* STATUS: the daemon ends with it */
        ck_assert_int_eq(subject_wait(subject), atoi(argument));
    else
        ck_abort_msg("%s: no such directive: %s", place, words);
}

static void message_compare(const char *expected)
{
    const char *message = waiting ? waiting : wire_receive(wire, NULL);

    waiting = NULL;
    ck_assert_msg(message != NULL, "%s: the connection ended", place);
    ck_assert_msg(transcript_match(expected, message), "%s:\nexpected %s\n     but %s", place,
                  transcript_fill(expected), message);
}

START_TEST(transcript)
{
    const char *path = transcripts.gl_pathv[_i];
    char *text = harness_read_file(path, NULL);
    char *line;
    int number = 0;

    ck_assert_ptr_nonnull(text);
    transcript_start();
    transcript_keep("database", subject->database);
    wire_choose("main");
    skipped = false;
    while (!skipped && (line = strsep(&text, "\n"))) {
        place = harness_text("%s:%d", strrchr(path, '/') + 1, ++number);
        if (strncmp(line, "> ", 2) == 0)
            ck_assert_msg(wire_send_text(wire, "%s", transcript_fill(line + 2)), "%s: closed",
                          place);
        else if (strncmp(line, "< ", 2) == 0)
            message_compare(line + 2);
        else if (strncmp(line, "! ", 2) == 0)
            directive_run(line + 2);
        else
            ck_assert_msg(*line == '\0' || *line == '#', "%s: what is this? %s", place, line);
    }
}
END_TEST

/* All transcripts joined. */
static const char *all_transcripts(void)
{
    const char *all = "";

    for (size_t i = 0; i < transcripts.gl_pathc; i++)
        all = harness_text("%s%s", all, harness_read_file(transcripts.gl_pathv[i], NULL));
    return all;
}

START_TEST(every_method_and_error_has_its_transcript)
{
    static const char *const interfaces[] = {
        "org.varlink.service",
        "dev.historyd.history",
        "dev.historyd.admin",
    };
    const char *all = all_transcripts();
    int missing = 0;

    for (size_t i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++) {
        const char *path = harness_text("%s/proto/%s.varlink", SOURCE_FOLDER, interfaces[i]);
        char *text = harness_read_file(path, NULL);
        char *line;
        char kind[16], name[64];

        ck_assert_msg(text != NULL, "no %s", path);
        while ((line = strsep(&text, "\n"))) {
            if (sscanf(line, "%15[a-z] %63[A-Za-z]", kind, name) != 2)
                continue;
            if (strcmp(kind, "method") != 0 && strcmp(kind, "error") != 0)
                continue;
            if (strstr(all, harness_text("'%s':'%s.%s'", kind, interfaces[i], name)))
                continue;
            fprintf(stderr, "no transcript of %s %s.%s\n", kind, interfaces[i], name);
            missing++;
        }
    }
    ck_assert_int_eq(missing, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    TCase *test_case = scene_case(suite, "transcripts", 120);
    int found = glob(SOURCE_FOLDER "/tests/golden/*.golden", 0, NULL, &transcripts);
    int failed;

    if (found != 0) {
        fprintf(stderr, "no transcripts in %s/tests/golden\n", SOURCE_FOLDER);
        return 1;
    }
    tcase_add_loop_test(test_case, transcript, 0, (int)transcripts.gl_pathc);
    test_case = harness_case(suite, "completeness", 10);
    tcase_add_test(test_case, every_method_and_error_has_its_transcript);
    failed = harness_main(suite);
    globfree(&transcripts);
    return failed;
}
