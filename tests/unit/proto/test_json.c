/* Documents: walking, strings, exact integers, payload texts byte for byte, writing. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "json.h"

static struct json_document *document;
static struct arena arena;

static void setup(void)
{
    document = NULL;
    arena = (struct arena)ARENA_INIT;
}

static void teardown(void)
{
    json_document_free(document);
    arena_clear(&arena);
}

static struct json_value read_text(const char *text)
{
    struct fault fault;

    json_document_free(document);
    document = NULL;
    ck_assert_int_eq(json_read(text, strlen(text), &limits_default, &document, &fault), 0);
    return json_root(document);
}

START_TEST(walks_containers)
{
    const char text[] =
        " { \"a\" : [ 1 , [ ] , { } , \"x\" ] ,\n\"b\\n\" :\ttrue , \"c\":null,\"d\":false } ";
    static const enum json_type types[] = {JSON_ARRAY, JSON_TRUE, JSON_NULL, JSON_FALSE};
    static const char *const keys[] = {"a", "b\n", "c", "d"};
    struct json_value root = read_text(text);
    struct json_value member = json_first(root);
    struct json_value array = member;
    size_t size;

    ck_assert_int_eq(json_type_of(root), JSON_OBJECT);
    ck_assert_uint_eq(json_offset(root), 1);
    ck_assert_uint_eq(json_count(root), 4);
    ck_assert_ptr_null(json_after(root).node);
    for (int i = 0; i < 4; i++, member = json_after(member)) {
        ck_assert_ptr_nonnull(member.node);
        ck_assert_int_eq(json_type_of(member), types[i]);
        ck_assert_str_eq(json_key(member), keys[i]);
        ck_assert_mem_eq(json_key_bytes(member, &size), keys[i], strlen(keys[i]));
        ck_assert(json_key_is(member, keys[i], strlen(keys[i])));
        ck_assert(!json_key_is(member, "e", 1));
        ck_assert_uint_eq(size, strlen(keys[i]));
        ck_assert_int_eq(text[json_key_offset(member)], '"');
    }
    ck_assert_ptr_null(member.node);
    ck_assert_uint_eq(json_count(array), 4);
    member = json_first(array);
    ck_assert_int_eq(json_type_of(member), JSON_NUMBER);
    member = json_after(member);
    ck_assert_int_eq(json_type_of(member), JSON_ARRAY);
    ck_assert_uint_eq(json_count(member), 0);
    ck_assert_ptr_null(json_first(member).node);
    member = json_after(member);
    ck_assert_int_eq(json_type_of(member), JSON_OBJECT);
    ck_assert_ptr_null(json_first(member).node);
    member = json_after(member);
    ck_assert_str_eq(json_string(member), "x");
    ck_assert_ptr_null(json_after(member).node);
}
END_TEST

static const struct {
    const char *json;
    const char *text;
} strings[] = {
    {"\"\"", ""},
    {"\"plain\"", "plain"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
    {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\"\\uFFFF\\uE000\\u007f\\u0001\"", "\xef\xbf\xbf\xee\x80\x80\x7f\x01"},
    {"\"a\\\\\"", "a\\"},
    {"\"\\\\u0041\"", "\\u0041"},
    {"\"%n'; DROP TABLE runs; --\xe2\x80\xae\x7f\"", "%n'; DROP TABLE runs; --\xe2\x80\xae\x7f"},
};

START_TEST(unescapes_strings)
{
    struct json_value value = read_text(strings[_i].json);

    ck_assert_str_eq(json_string(value), strings[_i].text);
    ck_assert_str_eq(json_string_copy(value, &arena), strings[_i].text);
}
END_TEST

START_TEST(a_copy_outlives_its_document)
{
    struct json_value root = read_text("[\"a\\tb\"]");
    const char *copy = json_string_copy(json_first(root), &arena);

    json_document_free(document);
    document = NULL;
    ck_assert_str_eq(copy, "a\tb");
}
END_TEST

static const struct {
    const char *key;
    const char *name;
    bool same;
} key_names[] = {
    {"id", "id", true},
    {"id", "i", false},
    {"id", "ids", false},
    {"", "", true},
    {"", "a", false},
    {"\\u0069d", "id", true},
    {"i\\u0064", "ie", false},
    {"\\\"\\\\\\/", "\"\\/", true},
    {"a\\n", "a", false},
    {"\\ud83d\\ude00", "\U0001f600", true},
    {"\U0001f600", "\U0001f600", true},
    {"\\u00e9", "\u00e9", true},
};

START_TEST(keys_compare_unescaped)
{
    char text[64];

    snprintf(text, sizeof(text), "{\"%s\":1}", key_names[_i].key);
    ck_assert(json_key_is(json_first(read_text(text)), key_names[_i].name,
                          strlen(key_names[_i].name)) == key_names[_i].same);
}
END_TEST

static const struct {
    const char *json;
    bool integer;
    int64_t value;
} integers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"1", true, 1},
    {"-1", true, -1},
    {"4503599627370499", true, 4503599627370499},
    {"9007199254740993", true, 9007199254740993},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"-9223372036854775807", true, -INT64_MAX},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"9223372036854775810", false, 0},
    {"18446744073709551615", false, 0},
    {"18446744073709551616", false, 0},
    {"18446744073709551617", false, 0},
    {"-18446744073709551617", false, 0},
    {"100000000000000000000000000000000", false, 0},
    {"1.0", false, 0},
    {"1e2", false, 0},
    {"1E2", false, 0},
    {"-0.0", false, 0},
    {"0e0", false, 0},
};

START_TEST(reads_integers_exactly)
{
    int64_t value = 42;
    bool integer = json_integer(read_text(integers[_i].json), &value);

    ck_assert_msg(integer == integers[_i].integer, "%s", integers[_i].json);
    ck_assert_int_eq(value, integer ? integers[_i].value : 42);
}
END_TEST

static const struct {
    const char *json;
    const char *compact;
} compacts[] = {
    {"{}", "{}"},
    {"{ }", "{}"},
    {" { \"z\" : 1 ,\r\n\t\"a\" : [ 1 , 2 ] } ", "{\"z\":1,\"a\":[1,2]}"},
    {"{\"n\":[9007199254740993,-9223372036854775808,0.1,1e400,-0,1.50,1E+2,0.0000000000000001]}",
     "{\"n\":[9007199254740993,-9223372036854775808,0.1,1e400,-0,1.50,1E+2,0.0000000000000001]}"},
    {"{\"n\": [ 9007199254740993, 1e400, 123456789012345678901234567890.10 ]}",
     "{\"n\":[9007199254740993,1e400,123456789012345678901234567890.10]}"},
    {"{\"b\":1, \"a\":2, \"B\":3, \"\\u0061b\":4}", "{\"b\":1,\"a\":2,\"B\":3,\"\\u0061b\":4}"},
    {"{ \" a \\\" b \" : \" x  y \\\\\" , \"\\t\" : \"\\u0020\" }",
     "{\" a \\\" b \":\" x  y \\\\\",\"\\t\":\"\\u0020\"}"},
    {"{\"e\": \"\\/ \\u00e9 \xc3\xa9\"}", "{\"e\":\"\\/ \\u00e9 \xc3\xa9\"}"},
};

START_TEST(keeps_the_text_of_objects)
{
    struct json_value value = read_text(compacts[_i].json);
    struct fault fault;
    size_t size;
    size_t checked = 0;

    ck_assert_str_eq(json_compact(value, &arena, &size), compacts[_i].compact);
    ck_assert_uint_eq(size, strlen(compacts[_i].compact));
    ck_assert_int_eq(json_check_object(compacts[_i].json, strlen(compacts[_i].json),
                                       &limits_default, &checked, &fault),
                     0);
    ck_assert_uint_eq(checked, size);
}
END_TEST

START_TEST(compacts_a_part_of_a_document)
{
    struct json_value root = read_text("[ {\"a\" : 1} , { \"b\" : [ 2 ] } ]");

    ck_assert_str_eq(json_compact(json_first(root), &arena, NULL), "{\"a\":1}");
    ck_assert_str_eq(json_compact(json_after(json_first(root)), &arena, NULL), "{\"b\":[2]}");
}
END_TEST

static const struct {
    const char *text;
    int offset;
} no_objects[] = {
    {"", 0},     {" []", 1},        {"\"{}\"", 0},   {"null", 0},
    {"{}{}", 2}, {"{\"a\":01}", 6}, {"{\"a\":1", 6},
};

START_TEST(tells_what_is_no_object)
{
    struct fault fault;

    ck_assert_int_eq(json_check_object(no_objects[_i].text, strlen(no_objects[_i].text),
                                       &limits_default, NULL, &fault),
                     1);
    ck_assert_int_eq(fault.kind, FAULT_MALFORMED);
    ck_assert_int_eq(fault.number, no_objects[_i].offset);
}
END_TEST

static const struct {
    const char *text;
    const char *json;
} written[] = {
    {"", "\"\""},
    {"plain / text", "\"plain / text\""},
    {"\"\\", "\"\\\"\\\\\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
    {"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\""},
    {"a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\""},
    {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

START_TEST(writes_strings)
{
    struct buffer buffer = BUFFER_INIT;

    json_write_string(&buffer, written[_i].text);
    buffer_append_char(&buffer, '\0');
    ck_assert_str_eq(buffer.data, written[_i].json);
    read_text(buffer.data);
    buffer_clear(&buffer);
}
END_TEST

/* Every byte at every place of texts of every length up to three words, behind others and alone. */
START_TEST(plain_bytes_end_where_they_do)
{
    for (size_t size = 0; size <= 24; size++) {
        for (size_t place = 0; place <= size; place++) {
            for (unsigned int c = 0; c < 256; c++) {
                bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
                char text[25];

                memset(text, '~', sizeof(text));
                text[place] = (char)c;
                ck_assert_uint_eq(escape_plain_end(text, 0, size), plain ? size : place);
                memset(text, c % 2 ? '"' : '\x80', place);
                ck_assert_uint_eq(escape_plain_end(text, place, size), plain ? size : place);
            }
        }
    }
}
END_TEST

/* Every character, written and read again. */
START_TEST(strings_come_back)
{
    for (unsigned int code = 1; code < 0x110000; code += code < 0x800 ? 1 : 61) {
        struct buffer buffer = BUFFER_INIT;
        char text[8] = {0};

        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        if (code < 0x80) {
            text[0] = (char)code;
        } else if (code < 0x800) {
            text[0] = (char)(0xc0 | code >> 6);
            text[1] = (char)(0x80 | (code & 63));
        } else if (code < 0x10000) {
            text[0] = (char)(0xe0 | code >> 12);
            text[1] = (char)(0x80 | (code >> 6 & 63));
            text[2] = (char)(0x80 | (code & 63));
        } else {
            text[0] = (char)(0xf0 | code >> 18);
            text[1] = (char)(0x80 | (code >> 12 & 63));
            text[2] = (char)(0x80 | (code >> 6 & 63));
            text[3] = (char)(0x80 | (code & 63));
        }
        json_write_string(&buffer, text);
        buffer_append_char(&buffer, '\0');
        ck_assert_str_eq(json_string(read_text(buffer.data)), text);
        buffer_clear(&buffer);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, walks_containers);
    tcase_add_loop_test(tcase, unescapes_strings, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_test(tcase, a_copy_outlives_its_document);
    tcase_add_loop_test(tcase, keys_compare_unescaped, 0, sizeof(key_names) / sizeof(key_names[0]));
    tcase_add_loop_test(tcase, reads_integers_exactly, 0, sizeof(integers) / sizeof(integers[0]));
    tcase_add_loop_test(tcase, keeps_the_text_of_objects, 0,
                        sizeof(compacts) / sizeof(compacts[0]));
    tcase_add_test(tcase, compacts_a_part_of_a_document);
    tcase_add_loop_test(tcase, tells_what_is_no_object, 0,
                        sizeof(no_objects) / sizeof(no_objects[0]));
    tcase_add_loop_test(tcase, writes_strings, 0, sizeof(written) / sizeof(written[0]));
    tcase_add_test(tcase, plain_bytes_end_where_they_do);
    tcase_add_test(tcase, strings_come_back);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
