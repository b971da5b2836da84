/*
 * Watchers of one store at different speeds: who stands at one place shares one read, who falls
 * behind catches up, and each is told everything of its selection once and in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subscribers.h"

enum { STEPS = 400 };

/* --- sharing ---------------------------------------------------------------------------------- */

START_TEST(one_read_for_all)
{
    many_subscribe();
    commit("r", 2, 5);
    settle();
    commit("r", 1, 0);
    settle();
    ck_assert_int_eq(n_reads, 2);
    for (int i = 0; i < MANY; i++)
        ck_assert_str_eq(told(&many[i]), "r1;!;e1;e2;r5;e3;");
    /* nobody is behind: nothing is kept */
    ck_assert(list_empty(&many[0].watcher.feed->pages));
}
END_TEST

START_TEST(other_selections_are_apart)
{
    subscribe(&many[0], "r", NULL);
    subscribe(&many[1], "s", NULL);
    subscribe(&many[2], "r", "unit");
    subscribe(&many[3], "r", "task");
    subscribe(&many[4], NULL, NULL);
    settle();
    commit("r", 1, 0);
    commit("s", 1, 7);
    settle();
    ck_assert_str_eq(told(&many[0]), "r1;!;e1;");
    ck_assert_str_eq(told(&many[1]), "r1;!;e2;r7;");
    ck_assert_str_eq(told(&many[2]), "r1;!;e1;");
    ck_assert_str_eq(told(&many[3]), "r1;!;");
    ck_assert_str_eq(told(&many[4]), "!;e1;e2;r7;");
}
END_TEST

static int pages_of(const struct feed *feed)
{
    int n = 0;

    list_for_each(node, &feed->pages)
        n++;
    return n;
}

START_TEST(who_fell_behind_meets_the_others_again)
{
    int64_t last = 0;

    many_subscribe();
    many[0].full = many[1].full = true;
    for (int i = 0; i < 40; i++) {
        commit("r", 400, 0);
        settle();
        last += 400;
        ck_assert_uint_le(many[0].watcher.feed->bytes, FEED_KEEP_BYTES);
        ck_assert_int_le(pages_of(many[0].watcher.feed), FEED_KEEP_PAGES);
    }
    ck_assert_int_eq(many[0].n_tells, 2);
    ck_assert_int_eq(many[2].n_tells, 41);
    ck_assert_int_eq(n_reads, 40);
    ck_assert(!list_empty(&many[0].watcher.feed->pages));
    many[0].full = many[1].full = false;
    watcher_resume(&many[0].watcher);
    /* commits go on while they catch up */
    for (int i = 0; i < 5; i++, last++)
        commit("r", 1, 0);
    watcher_resume(&many[1].watcher);
    for (int i = 0; i < 5; i++, last++)
        commit("r", 1, 0);
    settle();
    for (int i = 1; i < MANY; i++)
        ck_assert_str_eq(told(&many[i]), told(&many[0]));
    n_reads = 0;
    commit("r", 1, 0);
    settle();
    ck_assert_int_eq(n_reads, 1);
    ck_assert(list_empty(&many[0].watcher.feed->pages));
}
END_TEST

/* Without a commit behind it: nothing else would drop the pages. */
static void nothing_is_kept(bool stops)
{
    many_subscribe();
    many[0].full = true;
    for (int i = 0; i < 3; i++) {
        commit("r", 10, 0);
        settle();
    }
    ck_assert(!list_empty(&many[1].watcher.feed->pages));
    many[0].full = false;
    if (stops)
        watcher_stop(&many[0].watcher);
    else
        watcher_resume(&many[0].watcher);
    ck_assert(list_empty(&many[1].watcher.feed->pages));
    ck_assert(list_empty(&hub.feeds.stocked));
}

START_TEST(nothing_is_kept_for_who_caught_up)
{
    nothing_is_kept(false);
    ck_assert_str_eq(told(&many[0]), told(&many[1]));
}
END_TEST

START_TEST(nothing_is_kept_for_who_is_gone)
{
    nothing_is_kept(true);
}
END_TEST

/* The run changes with events while its first ones are replayed in two pages. */
START_TEST(the_row_before_ready_is_not_ahead_of_events)
{
    const char *row;

    commit("r", 900, 0);
    subscribe_from(&many[0], "r", NULL, WATCH_FROM_ID, 0);
    many[0].full = true;
    settle();
    ck_assert_int_eq(many[0].n_tells, 1);
    commit("r", 900, 5);
    many[0].full = false;
    watcher_resume(&many[0].watcher);
    settle();
    row = strstr(told(&many[0]), ";r");
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(strstr(many[0].told.data, ";e1800;"), ";e1800;r5;!;");
    ck_assert_str_eq(row, ";r5;!;");
}
END_TEST

static void until_is(struct feed *feed, struct watch_position from, struct watch_position seen,
                     struct watch_position now, int64_t event_id)
{
    struct feed_page *page = feed_page_get(feed, from, seen, now);

    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(page->until.event_id, event_id);
    ck_assert_ptr_eq(feed_page_get(feed, from, seen, now), page);
}

/* Only who stands at the frontier moves it on. */
START_TEST(pages_end_at_common_places)
{
    const struct watch_position none = {0, 0}, one = {1, 2}, two = {2, 2}, three = {3, 2};
    const struct watch_selection selection = {.filter = {.run_id = "r"}, .write = write_news};
    struct feed *feed = feed_join(&hub.feeds, &selection);

    commit("r", 3, 0);
    until_is(feed, none, none, two, 2);
    until_is(feed, one, none, three, 2);
    until_is(feed, one, one, three, 2);
    until_is(feed, two, two, three, 3);
    until_is(feed, one, none, three, 2);
    settle();
    feed_leave(feed);
}
END_TEST

/* --- endings ---------------------------------------------------------------------------------- */

START_TEST(stops_in_the_middle)
{
    many_subscribe();
    many[0].stops = true;           /* while it is told */
    many[1].stops_other = &many[2]; /* at the same page */
    many[4].stops_other = &many[3];
    many[5].full = true;
    many[6].stops_other = &many[5]; /* one that is blocked */
    commit("r", 1, 0);
    settle();
    ck_assert_int_eq(n_ended, 4);
    ck_assert_str_eq(told(&many[0]), "r1;!;e1;");
    /* whose turn came first is open */
    ck_assert(strcmp(told(&many[2]), "r1;!;") == 0 || strcmp(told(&many[2]), "r1;!;e1;") == 0);
    many[1].stops_other = many[4].stops_other = many[6].stops_other = NULL;
    commit("r", 1, 0);
    watcher_stop(&many[7].watcher); /* its page is with the store */
    settle();
    ck_assert_int_eq(n_ended, 5);
    ck_assert_str_eq(told(&many[8]), "r1;!;e1;e2;");
}
END_TEST

START_TEST(all_stop_while_a_page_is_read)
{
    many_subscribe();
    commit("r", 1, 0);
    for (int i = 0; i < MANY; i++)
        watcher_stop(&many[i].watcher);
    settle();
    ck_assert_int_eq(n_ended, MANY);
}
END_TEST

START_TEST(the_last_one_stops_itself)
{
    subscribe(&many[0], "r", NULL);
    settle();
    many[0].stops = true;
    commit("r", 1, 0);
    settle();
    ck_assert_int_eq(n_ended, 1);
}
END_TEST

START_TEST(no_memory_for_some)
{
    many_subscribe();
    for (int i = 0; i < 2; i++) {
        watcher_stop(&many[i].watcher);
        buffer_clear(&many[i].told);
        many[i] = (struct subscriber){.watching = true};
        many[i].watcher.tell = tell;
        many[i].watcher.ended = ended;
        many[i].watcher.request.selection.write = write_ready_only;
        ck_assert_int_eq(watcher_start(&many[i].watcher, &hub), 0);
    }
    settle();
    n_ended = 0;
    commit("r", 1, 0);
    settle();
    ck_assert_int_eq(n_ended, 2);
    ck_assert_int_eq(many[0].result, STORE_NO_MEMORY);
    ck_assert_int_eq(many[1].result, STORE_NO_MEMORY);
    ck_assert_str_eq(told(&many[0]), "!;");
    ck_assert_str_eq(told(&many[2]), "r1;!;e1;");
}
END_TEST

/* --- at random -------------------------------------------------------------------------------- */

static unsigned int seed;

static int draw(int n)
{
    return rand_r(&seed) % n;
}

static const char *const selections[][2] = {{"r", NULL},  {"r", NULL},   {"s", NULL},
                                            {NULL, NULL}, {"r", "unit"}, {"s", "task"}};
enum { SELECTIONS = sizeof(selections) / sizeof(selections[0]) };

static void step(int64_t *units)
{
    struct subscriber *subscriber = &many[draw(MANY)];

    switch (draw(6)) {
    case 0:
        if (!subscriber->told.data && !subscriber->watching) {
            int i = draw(SELECTIONS);

            subscribe_from(subscriber, selections[i][0], selections[i][1], WATCH_FROM_ID,
                           draw(2) ? 0 : state_now().last_event_id);
        }
        return;
    case 1:
        subscriber->full = subscriber->watching && draw(2);
        return;
    case 2:
        if (subscriber->watching)
            watcher_resume(&subscriber->watcher);
        return;
    case 3:
        settle();
        return;
    default:
        commit(draw(2) ? "r" : "s", draw(5) ? 1 + draw(3) : 900, draw(3) ? 0 : ++*units);
        return;
    }
}

/* What it was told holds all that passes its filter, once and in order; the place of rows and of
 * ready is left to the tests above. */
static void told_check(struct subscriber *subscriber, sqlite3 *handle)
{
    const struct event_filter *filter = &subscriber->watcher.request.selection.filter;
    const char *text = told(subscriber);
    int64_t before = subscriber->first;
    int64_t newest_row = 0;
    int64_t n = 0;
    char where[128];
    char query[256];
    bool is_ready = false;

    for (; *text; text = strchr(text, ';') + 1) {
        int64_t number = *text == '!' ? 0 : strtoll(text + 1, NULL, 10);

        if (*text == '!') {
            ck_assert(!is_ready);
            is_ready = true;
        } else if (*text == 'r') {
            newest_row = number;
        } else {
            ck_assert_int_gt(number, before);
            before = number;
            n++;
        }
    }
    ck_assert(is_ready);
    snprintf(where, sizeof(where), "(%s%s%s)", filter->run_id ? "run_id = '" : "1",
             filter->run_id ? filter->run_id : "", filter->run_id ? "'" : "");
    snprintf(query, sizeof(query), "SELECT count(*) FROM events WHERE id > %lld AND %s AND %d",
             (long long)subscriber->first, where,
             !filter->type || strcmp(filter->type, "unit") == 0);
    ck_assert_int_eq(n, raw_int(handle, query));
    if (!filter->run_id)
        return;
    snprintf(query, sizeof(query), "SELECT total_units FROM runs WHERE id = '%s'", filter->run_id);
    ck_assert_int_eq(newest_row, raw_int(handle, query));
}

START_TEST(at_random)
{
    int64_t units = 1;
    sqlite3 *handle = raw_open();
    bool moved = true;

    seed = (unsigned int)_i + 1;
    for (int i = 0; i < STEPS; i++)
        step(&units);
    while (moved) {
        moved = false;
        settle();
        for (int i = 0; i < MANY; i++) {
            many[i].full = false;
            if (many[i].watching && many[i].watcher.state == WATCHER_BLOCKED) {
                watcher_resume(&many[i].watcher);
                moved = true;
            }
        }
    }
    for (int i = 0; i < MANY; i++)
        if (many[i].watching)
            told_check(&many[i], handle);
    sqlite3_close(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watcher");
    TCase *tests = tcase_create("watcher");

    tcase_add_checked_fixture(tests, many_setup, many_end);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, one_read_for_all);
    tcase_add_test(tests, other_selections_are_apart);
    tcase_add_test(tests, who_fell_behind_meets_the_others_again);
    tcase_add_test(tests, nothing_is_kept_for_who_caught_up);
    tcase_add_test(tests, nothing_is_kept_for_who_is_gone);
    tcase_add_test(tests, the_row_before_ready_is_not_ahead_of_events);
    tcase_add_test(tests, pages_end_at_common_places);
    tcase_add_test(tests, stops_in_the_middle);
    tcase_add_test(tests, all_stop_while_a_page_is_read);
    tcase_add_test(tests, the_last_one_stops_itself);
    tcase_add_test(tests, no_memory_for_some);
    tcase_add_loop_test(tests, at_random, 0, 6);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
