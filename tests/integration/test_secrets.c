/*
 * Secrets on their way to the disk: none arrives, whatever it is sent in, and what was stored
 * before is found.
 */
#include <string.h>

#include "database.h"
#include "program.h"
#include "scene.h"

/* Made up. The core is what must not be found; %s in a payload stands for it, and pieces keep
 * scanners of sources away. */
static const struct secret {
    const char *core;
    const char *payload;
} secrets[] = {
    {"core01aaaa", "{'token':'%s'}"},
    {"core02aaaa", "{'a':{'b':{'c':{'password':'%s'}}}}"},
    {"core03aaaa", "{'list':[1,[{'api_key':'%s'}]]}"},
    {"core04aaaa", "{'githubToken':'%s'}"},
    {"core05aaaa", "{'X-Api-Key':'%s'}"},
    {"core06aaaa", "{'DB_PASSWORD':'%s'}"},
    {"core07aaaa", "{'Authorization':'Bearer %s'}"},
    {"core08aaaa", "{'Set-Cookie':'sid=%s; Path=/'}"},
    {"core09aaaa", "{'cookie':['%s']}"},
    {"core10aaaa", "{'private_key':{'n':'%s'}}"},
    {"core11aaaa", "{'client_secret':'%s'}"},
    {"core12aaaa", "{'aws_secret_access_key':'%s'}"},
    {"core13aaaa", "{'credentials':{'user':'u','pin':'%s'}}"},
    {"core14aaaa", "{'tok\\u0065n':'%s'}"},
    {"core15aaaa", "{'passwd':'%s','x':1}"},
    {"core16aaaa", "{'access_token':'%s'}"},
    {"core17aaaa", "{'refresh_token':'%s'}"},
    {"core18aaaa", "{'tokens':['%s','b']}"},
    {"81726354", "{'password':%s}"},
    {"gh_core19aaaa0123456789ABCDEFGHIJKLMNOP", "{'note':'x','token':'%s'}"},
    {"Core20aaaa0123456789ABCDEFGHIJKLMNOPQR", "{'a':'push with ghp"
                                               "_%s now'}"},
    {"Core21aaaa0123456789ABCDEFGHIJKLMNOPQR", "{'a':'gho"
                                               "_%s'}"},
    {"11CORE22AA0abcdefghijkl_mnopqrstuvwxyz", "{'a':'github"
                                               "_pat_%s'}"},
    {"IOSFODNNCORE23AA", "{'a':'AKI"
                         "A%s'}"},
    {"IOSFODNNCORE24AA", "{'a':'id ASI"
                         "A%s/x'}"},
    {"123456789012-core25aaaaaa", "{'a':'xox"
                                  "b-%s'}"},
    {"core26abcdefghij1234567890", "{'a':'sk"
                                   "-proj-%s'}"},
    {"core27aaaaabcdefghij", "{'a':'sk"
                             "_live_%s'}"},
    {"core28abcdefghijkl012345", "{'a':'glp"
                                 "at-%s'}"},
    {"core29aaaabcdefghijklmnopqrstuvwxyz0", "{'a':'npm"
                                             "_%s'}"},
    {"SyCore30aa1234567890abcdefghijklmnopq", "{'a':'AIza%s'}"},
    {"eyJzdWIiOiIxMjM0In0.core31NryP4J3jVmNHl0w5N", "{'a':'(eyJhbGciOiJIUzI1NiJ9.%s)'}"},
    {"MIIEcore32aaaa", "{'a':'x -----BEGIN RSA PRIVATE "
                       "KEY-----\\n%s\\n-----END RSA PRIVATE KEY----- y'}"},
    {"MIIEcore33aaaa", "{'a':'-----BEGIN PRIVATE "
                       "KEY-----\\n%s'}"},
    {"b3BlcorE34aaaa", "{'a':'-----BEGIN OPENSSH PRIVATE "
                       "KEY-----\\n%s\\n'}"},
    {"core35aaaa", "{'a':'https://me:%s@host/p'}"},
    {"core36aaaa", "{'a':'postgres://u:%s@h:5432/d'}"},
    {"core37aaaa", "{'a':'http://h/?token=%s&x=1'}"},
    {"core38aaaa", "{'a':'DB_PASSWORD=%s HOME=/root'}"},
    {"core39aaaa", "{'a':'run --password %s y'}"},
    {"core40aaaa", "{'a':['--api-key=%s','y']}"},
    {"core41aaaa0123456789", "{'a':'got Bearer %s here'}"},
    {"dXNlcjpjb3JlNDJhYWFh", "{'a':'Authorization: Basic %s'}"},
    {"core43aaaa", "{'a':'curl -H Cookie: s=%s'}"},
    {"core44aaaa", "{'a':'X-Api-Key: %s'}"},
    {"core45aaaa", "{'a':'{\\'password\\':\\'%s\\',\\'b\\':1}'}"},
    {"core46aaaa", "{'a':'{\\'in\\':\\'{\\\\\\'secret\\\\\\':\\\\\\'%s\\\\\\'}\\'}'}"},
    {"core47aaaa", "{'a':'got {\\'password\\': \\'%s\\', \\'b'}"},
    {"core48aaaa", "{'a':'export GITHUB_TOKEN=\\'%s\\''}"},
};
enum { SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

static const char *payload_of(const struct secret *secret)
{
    const char *before = harness_quote(secret->payload), *place;

    while ((place = strstr(before, "%s")))
        before = harness_text("%.*s%s%s", (int)(place - before), before, secret->core, place + 2);
    return before;
}

/* A text as a JSON string. */
static const char *string_of(const char *text)
{
    char *string = harness_alloc(2 * strlen(text) + 3);
    size_t size = 0;

    string[size++] = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            string[size++] = '\\';
        string[size++] = *text;
    }
    string[size] = '"';
    return string;
}

static size_t count_in_file(const char *path, const char *text)
{
    size_t size = 0, found = 0;
    const char *bytes = harness_read_file(path, &size);

    for (const char *at = bytes;
         at && (at = memmem(at, (size_t)(bytes + size - at), text, strlen(text))); at++)
        found++;
    return found;
}

/* In the raw bytes of the database and its log. */
static size_t count_on_disk(const char *text)
{
    return count_in_file(subject->database, text) +
           count_in_file(harness_text("%s-wal", subject->database), text);
}

static void nothing_on_disk(void)
{
    for (int i = 0; i < SECRETS; i++)
        ck_assert_msg(count_on_disk(secrets[i].core) == 0, "%s", secrets[i].payload);
}

static const char *event_of(int i, const char *text)
{
    return harness_text("{'run_id':'r','events':[{'seq':%d,'type':'a','payload':%s,'error':%s}]}",
                        i + 1, text, string_of(text));
}

static void send_everywhere(int i)
{
    const char *text = payload_of(&secrets[i]), *string = string_of(text);
    const char *nodes =
        harness_text("{'nodes':[{'id':'n','attributes':%s,'label':%s,'status':%s}],'edges':[]}",
                     text, string, string);

    wire_call(wire, "AppendEvents", "%s", event_of(i, text));
    wire_call(wire, "CreateRun", "{'id':'c%d','repo_path':'/r','graph':%s}", i, nodes);
    wire_call(wire, "PutGraph", "{'run_id':'r','graph':%s}", nodes);
    wire_call(wire, "CompleteRun", "{'run_id':'c%d','status':'failed','error':%s}", i, string);
    wire_call(wire, "CreateRun", "{'id':'s%d','repo_path':'/r'}", i);
    wire_call(wire, "StopRun", "{'run_id':'s%d','reason':%s}", i, string);
    /* Sent again, all is as it was. */
    answer_matches(wire_call(wire, "AppendEvents", "%s", event_of(i, text)), "{'duplicates':1}");
    wire_call(wire, "CompleteRun", "{'run_id':'c%d','status':'failed','error':%s}", i, string);
}

static void configure(const char *text)
{
    subject_configure(subject, text);
    wire_call(wire, "dev.historyd.admin.Reload", NULL);
}

static void restart(const char *configuration)
{
    subject_configure(subject, configuration);
    if (subject->pid > 0)
        subject_stop(subject);
    subject_start(subject);
    wire = wire_open(subject);
}

START_TEST(none_arrives)
{
    scene_run("r");
    for (int i = 0; i < SECRETS; i++)
        send_everywhere(i);
    ck_assert(count_on_disk("[REDACTED]") > SECRETS);
    nothing_on_disk();
    answer_matches(wire_call(wire, "GetGraph", "{'run_id':'c0'}"),
                   "{'graph':{'nodes':[{'id':'n','attributes':{'token':'[REDACTED]'}}]}}");
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "metrics"), "historyd_redactions_total{rule=\"jwt\"} "));
    subject_stop(subject);
    nothing_on_disk();
    ck_assert_ptr_null(strstr(subject_output(subject), secrets[0].core));
}
END_TEST

START_TEST(allow_list)
{
    restart("[redaction]\nmode = allow-list\n");
    scene_run("r");
    for (int i = 0; i < SECRETS; i++)
        send_everywhere(i);
    nothing_on_disk();
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'seq':100,'type':'a','payload':{'file':'f','line':7,"
              "'note':'whatever'},'error':'anything'}]}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':99}"),
                   "{'events':[{'payload':{'file':'f','line':'[REDACTED]','note':'[REDACTED]'},"
                   "'error':'[REDACTED]'}]}");
}
END_TEST

START_TEST(off_keeps_all)
{
    restart("[redaction]\nmode = off\n");
    scene_run("r");
    for (int i = 0; i < SECRETS; i++) {
        const char *text = payload_of(&secrets[i]);

        wire_call(wire, "AppendEvents", "%s", event_of(i, text));
        wire_start(wire, "ListEvents", NULL,
                   harness_text("{'run_id':'r','after_seq':%d,'limit':1}", i));
        text = harness_text("'payload':%s,", text);
        ck_assert_ptr_nonnull(strstr(wire_receive(wire, NULL), text));
    }
}
END_TEST

/* A change of the rules counts from the next call on, and what was stored before is known again:
 * from any mode to any other. */
START_TEST(sent_again_after_a_reload)
{
    static const char *const modes[] = {"[redaction]\nmode = off\n", "",
                                        "[redaction]\nmode = allow-list\n"};

    restart("");
    for (int from = 0; from < 3; from++) {
        const char *run = harness_text("r%d", from);

        configure(modes[from]);
        scene_run(run);
        for (int i = 0; i < SECRETS; i++) {
            const char *text = payload_of(&secrets[i]);
            const char *events = harness_text(
                "{'run_id':'%s','events':[{'seq':%d,'type':'a','payload':%s,'error':%s}]}", run,
                i + 1, text, string_of(text));

            configure(modes[from]);
            wire_call(wire, "AppendEvents", "%s", events);
            wire_call(wire, "CreateRun", "{'id':'c%d.%d','repo_path':'/r'}", from, i);
            for (int to = 0; to < 3; to++) {
                configure(modes[to]);
                answer_matches(wire_call(wire, "AppendEvents", "%s", events), "{'duplicates':1}");
                wire_call(wire, "CompleteRun", "{'run_id':'c%d.%d','status':'failed','error':%s}",
                          from, i, string_of(text));
            }
            /* What was stored is of the mode it was sent in. */
            ck_assert_int_eq(database_int(subject->database,
                                          harness_text("SELECT instr(payload, %s) > 0 FROM events"
                                                       " ORDER BY id DESC LIMIT 1",
                                                       "'[REDACTED]'")),
                             from > 0);
            wire_call_error(
                wire, "SequenceConflict", "AppendEvents",
                "{'run_id':'%s','events':[{'seq':%d,'type':'a','payload':{'other':1}}]}", run,
                i + 1);
        }
    }
}
END_TEST

START_TEST(replacements_may_be_longer_than_the_limit)
{
    restart("[limits]\npayload = 40\nerror = 10\nlabel = 10\nreason = 10\n");
    scene_run("r");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'type':'a','payload':{'token':'a','secret':'b','pwd':'c'},"
              "'error':'token=ab'}]}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'events':[{'error':'token=[REDACTED]'}]}");
    wire_call(wire, "PutGraph",
              "{'run_id':'r','graph':{'nodes':[{'id':'n','label':'token=ab'}],'edges':[]}}");
    answer_matches(wire_call(wire, "GetGraph", "{'run_id':'r'}"),
                   "{'graph':{'nodes':[{'label':'token=[REDACTED]'}]}}");
    wire_call(wire, "StopRun", "{'run_id':'r','reason':'token=ab'}");
}
END_TEST

START_TEST(scan_and_apply)
{
    const char *ids, *query = "SELECT group_concat(id || ':' || seq || ':' || type) FROM events";
    const char *found;

    restart("[redaction]\nmode = off\n");
    scene_run("r");
    for (int i = 0; i < SECRETS; i++)
        send_everywhere(i);
    /* More than a page of rows without any, and one that no other page knows. */
    for (int i = 0; i < 8; i++)
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'plain'}%s]}",
                  harness_repeat(",{\"type\":\"plain\",\"payload\":{\"n\":1}}", 99));
    wire_call(wire, "AppendEvents", "%s", event_of(2000, payload_of(&secrets[0])));
    ids = database_rows(subject->database, query);
    ck_assert(count_on_disk(secrets[0].core) > 0);
    found = ctl_out(subject, "redact --scan --json");
    ck_assert_ptr_nonnull(strstr(found, harness_text("'rows_changed':%d,", 4 * SECRETS + 2)));
    ck_assert_ptr_nonnull(strstr(found, harness_text("'events.payload':%d,", 2 * SECRETS + 1)));
    ck_assert(count_on_disk(secrets[0].core) > 0);
    ck_assert_str_eq(ids, database_rows(subject->database, query));
    program_expect(ctl_run(subject, NULL, "redact --apply"), 0);
    nothing_on_disk();
    ck_assert_str_eq(ids, database_rows(subject->database, query));
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "redact --scan"), "0 secrets found in 0 rows"));
    /* A re-sent event is still the same. */
    answer_matches(wire_call(wire, "AppendEvents", "%s", event_of(3, payload_of(&secrets[3]))),
                   "{'duplicates':1}");
    answer_matches(wire_call(wire, "dev.historyd.admin.CheckIntegrity", NULL), "{'ok':true}");
    program_expect(ctl_run(subject, NULL, "redact"), 2);
    subject_stop(subject);
    nothing_on_disk();
}
END_TEST

/* The daemon has not written since, and knows of none of them. Not all are what it would store. */
START_TEST(rows_of_another_program)
{
    static const char *const rows[] = {
        "'{\"password\":\"inserted-0\"}', 'token=inserted-1'",
        "'no JSON: password=inserted-2', NULL",
        "'[{\"token\":\"inserted-3\"}]', NULL",
        "'{\"secret\":\"inserted-4\",\"secret\":\"inserted-5\"}', NULL",
        "'{\"password\":\"inserted-6', ''",
        "123, NULL",
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]), PLACES = 7 };

    scene_run("r");
    for (int i = 0; i < ROWS; i++)
        database_run(subject->database,
                     harness_text("INSERT INTO events (run_id, seq, time, type, payload, error)"
                                  " VALUES (%s, %d, %s, %s, %s)",
                                  "'r'", i + 1, "'2026-01-20T09:30:00.000000Z'", "'a'", rows[i]));
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "redact --scan"), "7 rows looked at: 7 secrets found in 5 rows"));
    program_expect(ctl_run(subject, NULL, "redact --apply"), 0);
    for (int i = 0; i < PLACES; i++)
        ck_assert_uint_eq(count_on_disk(harness_text("inserted-%d", i)), 0);
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "redact --scan"), "0 secrets found in 0 rows"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secrets");
    TCase *test_case = scene_case(suite, "secrets", 120);

    tcase_add_test(test_case, none_arrives);
    tcase_add_test(test_case, allow_list);
    tcase_add_test(test_case, off_keeps_all);
    tcase_add_test(test_case, sent_again_after_a_reload);
    tcase_add_test(test_case, replacements_may_be_longer_than_the_limit);
    tcase_add_test(test_case, scan_and_apply);
    tcase_add_test(test_case, rows_of_another_program);
    return harness_main(suite);
}
