/* Out of memory at every single allocation: an error comes back, nothing leaks, nothing is touched.
 * Linked with --wrap, so that what proto and base ask for goes through here. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "sample.h"
#include "tables.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__real_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict);
void __real_cJSON_Delete(void *item);
void __wrap_cJSON_Delete(void *item);

static bool counting;
static long until_failure; /* the allocation that fails, counted down; below 0 none */
static long live;
static bool
    touched; /* an output, by something that failed; Check allocates, so it asks afterwards */

static bool fails_now(void)
{
    return counting && until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t size)
{
    void *memory = fails_now() ? NULL : __real_malloc(size);

    live += counting && memory;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = fails_now() ? NULL : __real_calloc(count, size);

    live += counting && memory;
    return memory;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *memory = fails_now() ? NULL : __real_realloc(old, size);

    live += counting && memory && !old;
    return memory;
}

void __wrap_free(void *memory)
{
    live -= counting && memory;
    __real_free(memory);
}

/* A cJSON value counts as one allocation; its own are made out of sight. */
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict)
{
    void *item = fails_now() ? NULL : __real_cJSON_ParseWithLengthOpts(text, size, end, strict);

    live += counting && item;
    return item;
}

void __wrap_cJSON_Delete(void *item)
{
    live -= counting && item;
    __real_cJSON_Delete(item);
}

/* Runs `work` with the first, the second, … allocation failing, until none does any more. */
static void fail_each(int (*work)(void), int result_without)
{
    long failures = 0;
    int r;

    do {
        live = 0;
        until_failure = failures++;
        counting = true;
        r = work();
        counting = false;
        ck_assert_int_eq(live, 0);
        ck_assert(!touched);
        ck_assert_msg(r == (until_failure >= 0 ? result_without : -ENOMEM), "allocation %ld: %d",
                      failures, r);
    } while (until_failure < 0);
    ck_assert_int_gt(failures, 2);
}

static struct buffer input;

/* Reads the call in `input` and writes it again. */
static int read_and_write(void)
{
    struct arena arena = ARENA_INIT;
    struct buffer output = BUFFER_INIT;
    struct message message = {0};
    struct hd_append_events_params params = {.n_events = 42};
    struct hd_append_events_params before = params;
    struct fault fault;
    int r = message_read_call(input.data, input.size, &limits_default, &message, &fault);

    if (r == 0) {
        r = codec_read(&hd_append_events_params_table, message.parameters, &limits_default,
                       CODEC_STRICT, &arena, &params, &fault);
        touched |= r != 0 && memcmp(&params, &before, sizeof(params)) != 0;
    } else {
        touched |= message.document != NULL;
    }
    if (r == 0)
        r = codec_check(&hd_append_events_params_table, &params, &limits_default, &fault);
    if (r == 0) {
        message_write_call(&output, message.method, (struct message_flags){0},
                           &hd_append_events_params_table, &params);
        r = output.failed ? -ENOMEM : 0;
    }
    buffer_clear(&output);
    message_clear(&message);
    arena_clear(&arena);
    return r;
}

static void input_start(void)
{
    buffer_append_text(&input, "{\"\\u006dethod\":\"a.\\u0042\",\"parameters\":");
}

START_TEST(a_good_call)
{
    input_start();
    sample_write(&input, &hd_append_events_params_table, true);
    buffer_append_char(&input, '}');
    fail_each(read_and_write, 0);
    buffer_clear(&input);
}
END_TEST

START_TEST(an_object_with_many_keys)
{
    input_start();
    buffer_append_text(&input, "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":{");
    for (int i = 0; i < 400; i++) {
        buffer_append_text(&input, i ? ", \"\\u006b" : "\"\\u006b");
        buffer_append_int(&input, i);
        buffer_append_text(&input, "\":{\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}");
    }
    buffer_append_text(&input, "}}]}}");
    fail_each(read_and_write, 0);
    buffer_clear(&input);
}
END_TEST

START_TEST(an_unknown_member)
{
    input_start();
    buffer_append_text(&input, "{\"run_id\":\"r\",\"b\\u006fgus\":1}}");
    fail_each(read_and_write, 1);
    buffer_clear(&input);
}
END_TEST

START_TEST(a_malformed_message)
{
    input_start();
    buffer_append_text(&input, "{},\"oneway\":0}");
    fail_each(read_and_write, 1);
    buffer_clear(&input);
}
END_TEST

/* Every result there is, as a client reads them. */
static const struct table *table;

enum { RECORD_SIZE = 512 };

static int read_result(void)
{
    struct arena arena = ARENA_INIT;
    struct message message = {0};
    struct fault fault;
    _Alignas(max_align_t) char record[RECORD_SIZE];
    int r = message_read_reply(input.data, input.size, &limits_reply, &message, &fault);

    if (r == 0)
        r = codec_read(table, message.parameters, &limits_reply, CODEC_LENIENT, &arena, record,
                       &fault);
    message_clear(&message);
    arena_clear(&arena);
    return r;
}

START_TEST(every_result)
{
    for (size_t i = 0; i < n_method_descriptions; i++) {
        table = method_descriptions[i]->result;
        ck_assert_uint_le(table->size, RECORD_SIZE);
        buffer_append_text(&input, "{\"parameters\":");
        sample_write(&input, table, true);
        buffer_append_char(&input, '}');
        fail_each(read_result, 0);
        buffer_clear(&input);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proto_memory");
    TCase *tcase = tcase_create("proto_memory");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_good_call);
    tcase_add_test(tcase, an_object_with_many_keys);
    tcase_add_test(tcase, an_unknown_member);
    tcase_add_test(tcase, a_malformed_message);
    tcase_add_test(tcase, every_result);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
