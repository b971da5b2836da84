#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "redact.h"
#include "redact_cases.h"
#include "scan.h"

static struct arena arena;
static struct redact_work work;
static struct redaction *secrets, *listed;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
    memset(&work, 0, sizeof(work));
    secrets = redaction_new(REDACT_SECRETS, NULL, NULL);
    listed = redaction_new(REDACT_ALLOW_LIST, NULL, NULL);
    ck_assert(secrets && listed);
}

static void teardown(void)
{
    redaction_free(secrets);
    redaction_free(listed);
    redact_work_clear(&work);
    arena_clear(&arena);
}

static const char *quoted(const char *text)
{
    char *copy = arena_strdup(&arena, text);

    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return copy;
}

static bool is_json(const char *text)
{
    struct scan scan;
    struct fault fault;
    int r = scan_read(text, strlen(text), &limits_default, &scan, &fault);

    if (r == 0)
        scan_clear(&scan);
    return r == 0;
}

static const char *redacted(const struct redaction *redaction, const char *text)
{
    const char *result = NULL;

    ck_assert_int_eq(redact_payload(redaction, &work, text, &arena, &result), 0);
    return result;
}

/* Also: it is valid JSON, and once more changes nothing. */
static void check_case(const struct redaction *redaction, const struct redact_case *entry)
{
    const char *text = quoted(entry->text), *result;

    ck_assert_msg(is_json(text), "%s", text);
    result = redacted(redaction, text);
    ck_assert_str_eq(result, entry->expected ? quoted(entry->expected) : text);
    if (!entry->expected)
        ck_assert_ptr_eq(result, text);
    ck_assert_msg(is_json(result), "%s", result);
    ck_assert_ptr_eq(redacted(redaction, result), result);
}

/* What was replaced is told from what was not, whichever rules it was. */
static void check_stands(const struct redact_case *entry)
{
    const char *text = quoted(entry->text);
    const char *more = arena_strdup(&arena, text);

    if (strstr(text, "\\/")) /* written anew */
        return;
    ck_assert_msg(redact_stands_for(redacted(secrets, text), text, true), "%s", text);
    ck_assert_msg(redact_stands_for(redacted(listed, text), text, true), "%s", text);
    ck_assert_msg(redact_stands_for(redacted(listed, redacted(secrets, text)), text, true), "%s",
                  text);
    ((char *)more)[strlen(more) - 1] = ',';
    ck_assert(!redact_stands_for(redacted(secrets, text), more, true));
    ck_assert(!redact_stands_for(redacted(secrets, text), more + 1, true));
}

START_TEST(test_secrets)
{
    check_case(secrets, &secret_cases[_i]);
    ck_assert_int_eq(work.changed, 1);
    check_stands(&secret_cases[_i]);
}
END_TEST

START_TEST(test_plain)
{
    check_case(secrets, &plain_texts[_i]);
    check_stands(&plain_texts[_i]);
    redact_work_clear(&work);
    memset(&work, 0, sizeof(work));
    check_case(secrets, &plain_texts[_i]);
    ck_assert_int_eq(work.changed, 0);
    for (int rule = 0; rule < REDACT_RULES; rule++)
        ck_assert_int_eq(work.replaced[rule], 0);
}
END_TEST

START_TEST(test_listed)
{
    check_case(listed, &listed_cases[_i]);
}
END_TEST

/* A replacement stands for one value, or for a part of one string. */
START_TEST(test_stands_for)
{
    static const struct {
        const char *stored, *text;
        bool json, same;
    } rows[] = {
        {"{'t':'[REDACTED]','n':1}", "{'t':'x','n':1}", true, true},
        {"{'t':'[REDACTED]','n':1}", "{'t':'x','n':2}", true, false},
        {"{'t':'[REDACTED]','n':1}", "{'t':'x','k':'y','n':1}", true, false},
        {"{'t':'[REDACTED]','n':1}", "{'t':{'a':[1,'}',{}],'b':'\\''},'n':1}", true, true},
        {"{'t':'[REDACTED]','n':1}", "{'t':[],'n':1}", true, true},
        {"{'t':'[REDACTED]','n':1}", "{'t':-1.5e3,'n':1}", true, true},
        {"{'t':'[REDACTED]'}", "{'t':1", true, false},
        {"{'t':['[REDACTED]','b']}", "{'t':['a','b']}", true, true},
        {"{'t':['[REDACTED]','b']}", "{'t':['a','a','b']}", true, false},
        {"{'[REDACTED 2]':1}", "{'abc':1}", true, true},
        {"{'[REDACTED x]':1}", "{'abc':1}", true, false},
        {"{'t':'a=[REDACTED] b=[REDACTED]'}", "{'t':'a=1 b=2'}", true, true},
        {"{'t':'a=[REDACTED] b'}", "{'t':'a=1','u':' b'}", true, false},
        {"{'t':'a=[REDACTED] b'}", "{'t':'a=\\'1\\' b'}", true, true},
        {"{'t':'a=[REDACTED]'}", "{'t':'a=1','u':'2'}", true, false},
        {"a=[REDACTED] b", "a='1' b", false, true},
        {"a=[REDACTED] b", "a='1' c", false, false},
        {"a=[REDACTED]", "b=1", false, false},
        {"[REDACTED]", "whatever", false, true},
        {"plain", "plain", false, true},
        {"plain", "plainer", false, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(redact_stands_for(quoted(rows[i].stored), quoted(rows[i].text),
                                        rows[i].json) == rows[i].same,
                      "%s, %s", rows[i].stored, rows[i].text);
}
END_TEST

/* What the configuration adds and lists. */
START_TEST(test_names)
{
    struct redaction *added = redaction_new(REDACT_SECRETS, "session_id, wifiCode", NULL);
    struct redaction *other = redaction_new(REDACT_ALLOW_LIST, NULL, "note error");
    struct redaction *off = redaction_new(REDACT_OFF, NULL, NULL);

    check_case(added, &(struct redact_case){"{'SessionId':'a','wifi_code':1,'my-session-id':'b'}",
                                            "{'SessionId':'[REDACTED]','wifi_code':'[REDACTED]',"
                                            "'my-session-id':'[REDACTED]'}"});
    check_case(other, &(struct redact_case){"{'note':'a','file':'b'}",
                                            "{'note':'a','file':'[REDACTED]'}"});
    check_case(off, &(struct redact_case){"{'password':'a'}", NULL});
    ck_assert_ptr_null(redaction_new(REDACT_SECRETS, "a b", NULL));
    ck_assert_ptr_null(redaction_new(REDACT_SECRETS, "x!y", NULL));
    ck_assert(redact_names_valid("") && redact_names_valid(" ab,cd\tef ") &&
              !redact_names_valid("x_") && !redact_names_valid("_"));
    redaction_free(added);
    redaction_free(other);
    redaction_free(off);
}
END_TEST

START_TEST(test_texts)
{
    static const char text[] = "login failed: password=hunter2 (sk-x)", plain[] = "exit status 1";
    const char *result;

    ck_assert_int_eq(redact_text(secrets, &work, "error", text, &arena, &result), 0);
    ck_assert_str_eq(result, "login failed: password=[REDACTED] (sk-x)");
    ck_assert_int_eq(work.replaced[REDACT_PAIR], 1);
    ck_assert_int_eq(redact_text(secrets, &work, "error", plain, &arena, &result), 0);
    ck_assert_ptr_eq(result, plain);
    ck_assert_int_eq(redact_text(listed, &work, "error", plain, &arena, &result), 0);
    ck_assert_str_eq(result, "[REDACTED]");
    ck_assert_int_eq(redact_text(listed, &work, "reason", plain, &arena, &result), 0);
    ck_assert_ptr_eq(result, plain);
    ck_assert_int_eq(redact_text(listed, &work, NULL, text, &arena, &result), 0);
    ck_assert_str_eq(result, "login failed: password=[REDACTED] (sk-x)");
}
END_TEST

/* What the rules look for. */
static const char *const pieces[] = {
    "password",
    "token",
    "=",
    ":",
    " ",
    "\\\"",
    "\\\\",
    "--",
    "ghp"
    "_abcdefghijklmnop1234",
    "@",
    "https://",
    "u:p@h",
    "Bearer ",
    "[REDACTED]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    "&",
    "\\n",
    "\\u0041KI"
    "AIOSFODNN7EXAMPLE",
    "eyJhbGciOiJI.eyJzdWIiOiI.abc",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "sk-abcdefghijklmn123456",
    "Cookie",
    "x1",
    "\\\\u0041",
    "\\\\\\\"",
    "'",
    "/",
    "\\/",
    "<",
    "_",
    "-",
    ".",
    "\xc3\xa9",
};

/* Random texts of these pieces, as a payload's text and alone: the result is valid, and
 * final. */
START_TEST(test_random)
{
    unsigned int seed = 20260120;

    for (int n = 0; n < 20000; n++) {
        char text[2048] = "{\"a\":\"";
        int count = rand_r(&seed) % 12;
        const char *once, *plain;

        for (int i = 0; i < count; i++)
            strcat(text, pieces[(size_t)rand_r(&seed) % (sizeof(pieces) / sizeof(pieces[0]))]);
        strcat(text, rand_r(&seed) % 2 ? "\"}" : "\",\"token\":[{\"x\":\"y\"}],\"b\":7}");
        if (!is_json(text))
            continue;
        once = redacted(secrets, text);
        ck_assert_msg(is_json(once), "%s -> %s", text, once);
        ck_assert_msg(redacted(secrets, once) == once, "%s -> %s", text, once);
        once = redacted(listed, text);
        ck_assert_msg(redacted(listed, once) == once && is_json(once), "%s", once);
        ck_assert_int_eq(redact_text(secrets, &work, "error", text, &arena, &plain), 0);
        ck_assert_int_eq(redact_text(secrets, &work, "error", plain, &arena, &once), 0);
        ck_assert_ptr_eq(once, plain);
        arena_clear(&arena);
    }
}
END_TEST

/* Of each, 512 KiB. What reads far at every one of them isn't done before the time-out. */
static const char *const repeated[] = {
    "-",
    "a-",
    "_._.",
    "_",
    ".",
    "a_",
    "1-",
    "-----BEGIN ",
    "--a ",
    " --token",
    "--token,",
    ":",
    "a://",
    "a://b:c/",
    "=",
    "token=",
    "token=)",
    "token: ",
    "key   =",
    "a=token,",
    "secret='",
    "eyJ.",
    "eyJaaaaaaaa.",
    "Bearer ",
    "basic a",
    "AIza",
    "sk-",
    "xsk-",
    "sg.",
    "ya29.",
    "@",
    "\\",
    "\\\\u0041",
    "\"",
    "\\\"",
    "[",
    "{\"token\":",
    "{\"token\":{},\"a\":",
    "\"token\":[",
    "base64",
    "_hash",
};

START_TEST(test_steps)
{
    const char *unit = repeated[_i], *result;
    struct buffer text = BUFFER_INIT;
    size_t size = strlen(unit);

    buffer_append_text(&text, "{\"a\":\"");
    while (text.size < 512 << 10)
        buffer_append(&text, unit, size);
    buffer_append(&text, "\"}", 3);
    ck_assert(!text.failed);
    redacted(secrets, text.data);
    redacted(secrets, text.data + 6);
    redacted(listed, text.data);
    text.data[text.size - 3] = '\0';
    redacted(secrets, text.data + 6);
    ck_assert_int_eq(redact_text(secrets, &work, NULL, text.data + 6, &arena, &result), 0);
    ck_assert_int_eq(redact_text(secrets, &work, NULL, text.data, &arena, &result), 0);
    buffer_clear(&text);
}
END_TEST

/* Cut off anywhere, it is no JSON any more: nothing is read beyond it. */
START_TEST(test_cut_off)
{
    for (size_t i = 0; i < n_secret_cases; i++) {
        const char *text = quoted(secret_cases[i].text);

        for (size_t size = 0; size < strlen(text); size++) {
            char *cut = strndup(text, size);

            redacted(secrets, cut);
            redacted(listed, cut);
            free(cut);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("redact");
    TCase *tests = tcase_create("redact");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 50);
    tcase_add_loop_test(tests, test_secrets, 0, (int)n_secret_cases);
    tcase_add_loop_test(tests, test_plain, 0, (int)n_plain_texts);
    tcase_add_loop_test(tests, test_listed, 0, (int)n_listed_cases);
    tcase_add_test(tests, test_stands_for);
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_texts);
    tcase_add_test(tests, test_random);
    tcase_add_loop_test(tests, test_steps, 0, (int)(sizeof(repeated) / sizeof(repeated[0])));
    tcase_add_test(tests, test_cut_off);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
