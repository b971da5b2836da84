/* arena, buffer and list. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "list.h"

/* --- arena ------------------------------------------------------------------------------------ */

START_TEST(arena_gives_zeroed_aligned_memory)
{
    struct arena arena = ARENA_INIT;

    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *bytes = arena_alloc(&arena, size);
        char *copy;

        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(bytes[i], 0);
        memset(bytes, 0xff, size);
        /* A copy of any size must not spoil the next one's alignment. */
        copy = arena_copy(&arena, "abcdef", size % 7);
        ck_assert_uint_eq(strlen(copy), size % 7);
        ck_assert_mem_eq(copy, "abcdef", size % 7);
    }
    arena_clear(&arena);
}
END_TEST

START_TEST(arena_keeps_what_it_gave)
{
    struct arena arena = ARENA_INIT;
    char *texts[2000];
    char expected[32];

    for (int i = 0; i < 2000; i++) {
        snprintf(expected, sizeof(expected), "text %d", i);
        texts[i] = arena_strdup(&arena, expected);
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(expected, sizeof(expected), "text %d", i);
        ck_assert_str_eq(texts[i], expected);
    }
    ck_assert_uint_ge(arena.reserved, 2000 * 8);
    arena_clear(&arena);
    ck_assert_uint_eq(arena.reserved, 0);
    ck_assert_str_eq(arena_strdup(&arena, "again"), "again");
    ck_assert_ptr_null(arena_strdup(&arena, NULL));
    arena_clear(&arena);
}
END_TEST

START_TEST(arena_takes_large_pieces)
{
    struct arena arena = ARENA_INIT;
    char *large = arena_alloc(&arena, 5 << 20);
    char *small = arena_strdup(&arena, "small");

    ck_assert_ptr_nonnull(large);
    memset(large, 1, 5 << 20);
    ck_assert_str_eq(small, "small");
    arena_clear(&arena);
}
END_TEST

START_TEST(arena_refuses_what_cannot_be)
{
    struct arena arena = ARENA_INIT;

    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - 64));
    ck_assert_ptr_null(arena_copy(&arena, "", SIZE_MAX));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 0));
    arena_clear(&arena);
}
END_TEST

/* --- buffer ----------------------------------------------------------------------------------- */

START_TEST(buffer_appends)
{
    struct buffer buffer = BUFFER_INIT;

    for (int i = 0; i < 1000; i++) {
        buffer_append_text(&buffer, "ab");
        buffer_append_char(&buffer, 'c');
        buffer_append(&buffer, "d\0", 2);
    }
    ck_assert_uint_eq(buffer.size, 5000);
    for (size_t i = 0; i < buffer.size; i += 5)
        ck_assert_mem_eq(buffer.data + i, "abcd\0", 5);
    buffer_consume(&buffer, 4996);
    ck_assert_uint_eq(buffer.size, 4);
    ck_assert_mem_eq(buffer.data, "bcd\0", 4);
    buffer_consume(&buffer, 4);
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert(!buffer.failed);
    buffer_clear(&buffer);
    ck_assert_ptr_null(buffer.data);
}
END_TEST

static const struct {
    int64_t value;
    const char *text;
} integers[] = {
    {0, "0"},
    {7, "7"},
    {-1, "-1"},
    {9, "9"},
    {10, "10"},
    {99, "99"},
    {100, "100"},
    {-101, "-101"},
    {1000, "1000"},
    {1005, "1005"},
    {12340, "12340"},
    {4503599627370499, "4503599627370499"},
    {9007199254740993, "9007199254740993"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(buffer_writes_integers)
{
    struct buffer buffer = BUFFER_INIT;

    buffer_append_int(&buffer, integers[_i].value);
    ck_assert_uint_eq(buffer.size, strlen(integers[_i].text));
    ck_assert_mem_eq(buffer.data, integers[_i].text, buffer.size);
    buffer_clear(&buffer);
}
END_TEST

START_TEST(buffer_fails_once_and_stays_failed)
{
    struct buffer buffer = BUFFER_INIT;

    buffer_append_text(&buffer, "kept");
    ck_assert_ptr_null(buffer_reserve(&buffer, SIZE_MAX / 2));
    ck_assert(buffer.failed);
    buffer_append_text(&buffer, "dropped");
    ck_assert_uint_eq(buffer.size, 4);
    buffer_clear(&buffer);
    ck_assert(!buffer.failed);
}
END_TEST

START_TEST(buffer_hands_its_bytes_over)
{
    struct buffer buffer = BUFFER_INIT;
    char *data;

    buffer_append(&buffer, "mine", 5);
    data = buffer_steal(&buffer);
    ck_assert_str_eq(data, "mine");
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.size, 0);
    free(data);
}
END_TEST

/* --- list ------------------------------------------------------------------------------------- */

struct item {
    int number;
    struct list node;
};

static int list_sum(struct list *head)
{
    int sum = 0;

    list_for_each(node, head)
        sum = sum * 10 + container_of(node, struct item, node)->number;
    return sum;
}

START_TEST(list_keeps_order)
{
    struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct list a;
    struct list b;

    list_init(&a);
    list_init(&b);
    ck_assert(list_empty(&a));
    ck_assert_ptr_null(list_pop(&a));
    list_push(&a, &items[0].node);
    list_push(&a, &items[1].node);
    list_push(&b, &items[2].node);
    list_push(&b, &items[3].node);
    list_splice(&a, &b);
    ck_assert(list_empty(&b));
    list_splice(&a, &b);
    ck_assert_int_eq(list_sum(&a), 1234);
    list_remove(&items[1].node);
    list_remove(&items[1].node);
    ck_assert_int_eq(list_sum(&a), 134);
    ck_assert_ptr_eq(list_pop(&a), &items[0].node);
    list_for_each_safe(node, &a)
        list_remove(node);
    ck_assert(list_empty(&a));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *tcase = tcase_create("base");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, arena_gives_zeroed_aligned_memory);
    tcase_add_test(tcase, arena_keeps_what_it_gave);
    tcase_add_test(tcase, arena_takes_large_pieces);
    tcase_add_test(tcase, arena_refuses_what_cannot_be);
    tcase_add_test(tcase, buffer_appends);
    tcase_add_loop_test(tcase, buffer_writes_integers, 0, sizeof(integers) / sizeof(integers[0]));
    tcase_add_test(tcase, buffer_fails_once_and_stays_failed);
    tcase_add_test(tcase, buffer_hands_its_bytes_over);
    tcase_add_test(tcase, list_keeps_order);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
