/*
 * The JSON of a recorder's event: the quick way for plain events says yes to nothing that the field
 * table refuses, and writes what the codec writes.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_plain.h"
#include "plain_json.h"

#define NOW "2026-01-20T14:30:52.123456Z"

static struct event_text text;

/* What the codec makes of it; false where the event is refused. */
static bool write_by_table(const struct hd_new_event *event, struct buffer *buffer)
{
    struct hd_new_event copy = *event;
    struct fault fault;

    buffer->size = 0;
    if (event->has_seq || codec_check(event_table(), event, &limits_default, &fault) != 0)
        return false;
    if (!copy.time)
        copy.time = NOW;
    codec_write(event_table(), &copy, buffer);
    ck_assert(!buffer->failed);
    return true;
}

/* Returns whether the quick way took it. */
static bool compare(const struct hd_new_event *event)
{
    struct buffer expected = BUFFER_INIT;
    bool plain = event_text_make_plain(&text, event, NOW);

    if (plain) {
        ck_assert_msg(write_by_table(event, &expected), "taken, though it is refused: %.*s",
                      (int)text.size, text.bytes);
        ck_assert_uint_eq(text.size, expected.size);
        ck_assert(memcmp(text.bytes, expected.data, text.size) == 0);
    }
    buffer_clear(&expected);
    return plain;
}

/* --- events ----------------------------------------------------------------------------------- */

static const struct hd_new_event full = {
    .time = "2026-01-20T15:30:52+01:00",
    .type = "unit.completed",
    .unit = "services/unit-123",
    .has_task = true,
    .task = INT64_MIN,
    .has_pr = true,
    .pr = INT64_MAX,
    .payload = "{\"attempt\":2,\"seconds\":12.345,\"note\":\"a } , text\",\"all\":[1,{\"a\":[]}]}",
    .error = "",
};

/* Each field there and not there: one that the quick way forgot would be missed. */
START_TEST(every_field_is_written)
{
    for (unsigned int fields = 0; fields < 64; fields++) {
        struct hd_new_event event = full;

        if (fields & 1)
            event.time = NULL;
        if (fields & 2)
            event.unit = NULL;
        if (fields & 4)
            event.has_task = false;
        if (fields & 8)
            event.has_pr = false;
        if (fields & 16)
            event.payload = NULL;
        if (fields & 32)
            event.error = NULL;
        ck_assert(compare(&event));
    }
    /* seq, time, type, unit, task, pr, payload, error: a new one must be known to both ways. */
    ck_assert_uint_eq(event_table()->n_fields, 8);
}
END_TEST

static const struct hd_new_event not_plain[] = {
    {.type = NULL},
    {.type = ""},
    {.type = "Unit"},
    {.type = "a..b"},
    {.type = "a", .has_seq = true, .seq = 1},
    {.type = "a", .unit = ""},
    {.type = "a", .unit = "\"quoted\""},
    {.type = "a", .unit = "back\\slash"},
    {.type = "a", .unit = "a line\nanother"},
    {.type = "a", .unit = "1234567\xc3\xa9"},
    {.type = "a", .error = "\x1b[31m"},
    {.type = "a", .error = "12345678\xff"},
    {.type = "a", .time = "2026-01-20 15:30:52Z"},
    {.type = "a", .time = "2026-02-29T15:30:52Z"},
    {.type = "a", .time = ""},
};

START_TEST(what_is_not_plain_is_left)
{
    for (size_t i = 0; i < sizeof(not_plain) / sizeof(not_plain[0]); i++)
        ck_assert_msg(!compare(&not_plain[i]), "event %zu", i);
}
END_TEST

/* At the limits of a type and a unit, and where the place on the stack is full. */
START_TEST(sizes)
{
    static char word[2 * EVENT_TEXT_PLAIN];
    bool taken = true;

    for (size_t size = 1; size < sizeof(word); size++) {
        struct hd_new_event event = {.type = "a"};

        word[size - 1] = 'x';
        event.type = word;
        ck_assert(compare(&event) == (size <= 128));
        event.type = "a";
        event.unit = word;
        ck_assert(compare(&event) == (size <= 1024));
        event.unit = NULL;
        event.error = word;
        taken = compare(&event);
    }
    ck_assert(!taken);
}
END_TEST

/* --- payloads --------------------------------------------------------------------------------- */

static const char *const objects[] = {
    "{}",
    " { } ",
    "{\"a\":0}",
    "{\"a\":-0.5e+10,\"b\":1E-2,\"c\":10}",
    "{\"a\":true,\"b\":false,\"c\":null,\"d\":\"\",\"e\":[],\"f\":{}}",
    "{ \"a\" : [ 1 , \"two\" , { \"three\" : 3 } ] ,\n\t\"b\" : { \"a\" : 1 } }",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}",
};

static const char *const no_objects[] = {
    "",
    " ",
    "[]",
    "1",
    "{",
    "}",
    "{]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1}}",
    "{\"a\":1} x",
    "{\"a\":01}",
    "{\"a\":1.}",
    "{\"a\":.5}",
    "{\"a\":1e}",
    "{\"a\":+1}",
    "{\"a\":-}",
    "{\"a\":tru}",
    "{\"a\":nulll}",
    "{\"a\":[1 2]}",
    "{\"a\":[1,]}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":\"\x01\"}",
    "{\"a\":\"\x80\"}",
    "{\"a\":\"open}",
    "{a:1}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
};

START_TEST(objects_are_told)
{
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        ck_assert_msg(plain_json_object(objects[i], strlen(objects[i])), "%s", objects[i]);
    for (size_t i = 0; i < sizeof(no_objects) / sizeof(no_objects[0]); i++)
        ck_assert_msg(!plain_json_object(no_objects[i], strlen(no_objects[i])), "%s",
                      no_objects[i]);
}
END_TEST

/* Good payloads with bytes changed, dropped and doubled: whatever is taken, the codec takes. */
START_TEST(changed_payloads)
{
    static const char bytes[] = "{}[],:\"\\ 0123e.-+tfn\x01\x80\xc3x";
    unsigned int random = 1;
    unsigned int taken = 0;

    for (int i = 0; i < 200000; i++) {
        struct hd_new_event event = {.type = "a"};
        size_t size, at;
        char *payload;

        random = random * 1103515245 + 12345;
        payload = strdup(objects[(random >> 16) % (sizeof(objects) / sizeof(objects[0]))]);
        ck_assert_ptr_nonnull(payload);
        for (int change = 0; change < 2; change++) {
            random = random * 1103515245 + 12345;
            size = strlen(payload);
            at = (random >> 8) % (size + 1);
            if (random >> 28 < 5 && at < size)
                memmove(payload + at, payload + at + 1, size - at);
            else if (at < size)
                payload[at] = bytes[(random >> 16) % (sizeof(bytes) - 1)];
        }
        event.payload = payload;
        taken += compare(&event);
        free(payload);
    }
    ck_assert_uint_gt(taken, 1000);
    ck_assert_uint_lt(taken, 190000);
}
END_TEST

/* --- both ways together ------------------------------------------------------------------------
 */

START_TEST(other_events_go_by_the_table)
{
    static const struct hd_new_event event = {
        .time = NOW, .type = "a", .unit = "\"\xc3\xa9\"", .payload = "{\"a\":\"\\n\"}"};
    static const char expected[] =
        "{\"time\":\"" NOW "\",\"type\":\"a\",\"unit\":\"\\\"\xc3\xa9\\\"\",\"payload\":"
        "{\"a\":\"\\n\"}}";
    struct hd_new_event refused = {.type = "a", .payload = "{\"a\":1,\"a\":2}"};
    char words[EVENT_CHECK_WORDS];

    ck_assert_int_eq(event_text_make(&text, event_table(), &event, words), 0);
    ck_assert_uint_eq(text.size, sizeof(expected) - 1);
    ck_assert(memcmp(text.bytes, expected, text.size) == 0);
    event_text_clear(&text);
    ck_assert_int_eq(event_text_make(&text, event_table(), &refused, words), -EINVAL);
    ck_assert_str_eq(words, "payload: not a JSON object");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event_plain");
    TCase *tcase = tcase_create("event_plain");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_field_is_written);
    tcase_add_test(tcase, what_is_not_plain_is_left);
    tcase_add_test(tcase, sizes);
    tcase_add_test(tcase, objects_are_told);
    tcase_add_test(tcase, changed_payloads);
    tcase_add_test(tcase, other_events_go_by_the_table);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
