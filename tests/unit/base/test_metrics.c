/*
 * Numbers the daemon counts of itself, and the text they are written as. The text is judged by a
 * reader of its own (openmetrics.h), which is tried on what must not pass first.
 */
#include <check.h>
#include <stdlib.h>

#include "metrics.h"
#include "openmetrics.h"

static const char *const faulty[] = {
    "",
    "# EOF",
    "a 1\n# EOF\n",                                 /* no family */
    "# TYPE a gauge\na 1\n",                        /* no end */
    "# TYPE a gauge\na 1\n# EOF\n\n",               /* text behind it */
    "# TYPE a gauge\n\na 1\n# EOF\n",               /* an empty line */
    "# TYPE a gauge\na 1 \n# EOF\n",                /* a blank too many */
    "# TYPE a gauge\na  1\n# EOF\n",                /* the same */
    "# TYPE a gauge\na x\n# EOF\n",                 /* no number */
    "# TYPE a gauge\na 0x1\n# EOF\n",               /* C's, not the format's */
    "# TYPE a gauge\na 1\na 1\n# EOF\n",            /* twice */
    "# TYPE a gouge\na 1\n# EOF\n",                 /* no type */
    "# TYPE a gauge\n# TYPE a gauge\na 1\n# EOF\n", /* twice */
    "# TYPE a gauge\na 1\n# HELP a x\n# EOF\n",     /* too late */
    "# TYPE a gauge\n# HELP a x\"\na 1\n# EOF\n",   /* not escaped */
    "# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n", /* name without its unit */
    "# TYPE a counter\na 1\n# EOF\n",               /* no _total */
    "# TYPE a counter\na_total -1\n# EOF\n",        /* less than none */
    "# TYPE a gauge\na_total 1\n# EOF\n",           /* no counter */
    "# TYPE a gauge\na{b=c} 1\n# EOF\n",            /* no quotes */
    "# TYPE a gauge\na{b=\"\\c\"} 1\n# EOF\n",      /* no escape */
    "# TYPE a gauge\n# TYPE b gauge\na 1\n# EOF\n", /* not in its family */
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_sum 1\na_count 1\n# EOF\n", /* no +Inf */
    "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n# EOF\n",         /* no sum */
    "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"
    "# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"2.0\"} 1\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 1\n"
    "a_sum 1\na_count 1\n# EOF\n",
};

START_TEST(the_reader_is_strict)
{
    ck_assert_msg(openmetrics_fault(faulty[_i]) != NULL, "passes:\n%s", faulty[_i]);
}
END_TEST

static void is_sound(const struct buffer *text)
{
    const char *fault = openmetrics_fault(text->data);

    ck_assert_msg(!fault, "%s in\n%s", fault, text->data);
}

static void has(const struct buffer *text, const char *sample, double value)
{
    double found = -1;

    ck_assert_msg(openmetrics_value(text->data, sample, &found), "no %s in\n%s", sample,
                  text->data);
    ck_assert_double_eq(found, value);
}

static void text_end(struct buffer *text)
{
    metrics_write_end(text);
    buffer_append_char(text, '\0');
    ck_assert(!text->failed);
}

START_TEST(counters_and_gauges)
{
    static const struct metric counter = {"x_things", METRIC_COUNTER, "things", "Things."};
    static const struct metric gauge = {"x_size_bytes", METRIC_GAUGE, "bytes", "A \"size\"\\\n."};
    static const struct metric start = {"x_start_seconds", METRIC_TIME, "seconds", "Start."};
    struct buffer text = BUFFER_INIT;

    metric_write_head(&text, &counter);
    metric_write_value(&text, &counter, "kind", "a\"b\\c\nd", 7);
    metric_write_value(&text, &counter, "kind", "e", INT64_MAX);
    metric_write_head(&text, &gauge);
    metric_write_value(&text, &gauge, NULL, NULL, -3);
    metric_write_head(&text, &start);
    metric_write_value(&text, &start, NULL, NULL, 1795480222617740);
    text_end(&text);
    is_sound(&text);
    has(&text, "x_things_total{kind=\"a\\\"b\\\\c\\nd\"}", 7);
    has(&text, "x_size_bytes", -3);
    ck_assert_ptr_nonnull(strstr(text.data, "x_start_seconds 1795480222.61774\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "{kind=\"e\"} 9223372036854775807\n"));
    buffer_clear(&text);
}
END_TEST

/* Each bound belongs to its own bucket, what is one more to the next. */
START_TEST(buckets_have_their_bounds)
{
    for (int first = 0; first < 8; first++)
        for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
            ck_assert_uint_eq(histogram_bucket((int64_t)1 << (first + i), first), (unsigned int)i);
            ck_assert_uint_eq(histogram_bucket(((int64_t)1 << (first + i)) + 1, first),
                              (unsigned int)i + 1);
        }
    ck_assert_uint_eq(histogram_bucket(0, 0), 0);
    ck_assert_uint_eq(histogram_bucket(-1, 5), 0);
    ck_assert_uint_eq(histogram_bucket(INT64_MAX, 0), HISTOGRAM_BUCKETS);
}
END_TEST

START_TEST(histograms)
{
    static const struct metric sizes = {"x_batch_events", METRIC_SIZES, "events", "Batches."};
    static const struct metric times = {"x_wait_seconds", METRIC_DURATIONS, "seconds", "Waits."};
    struct histogram batches = {0}, waits = {0};
    struct buffer text = BUFFER_INIT;

    histogram_note_size(&batches, 1);
    histogram_note_size(&batches, 3);
    histogram_note_size(&batches, 4);
    histogram_note_size(&batches, 1 << 30);
    histogram_note_duration(&waits, 1000);
    histogram_note_duration(&waits, -5); /* a clock's fault counts as none */
    metric_write_head(&text, &sizes);
    metric_write_histogram(&text, &sizes, &batches);
    metric_write_head(&text, &times);
    metric_write_histogram(&text, &times, &waits);
    text_end(&text);
    is_sound(&text);
    has(&text, "x_batch_events_bucket{le=\"1.0\"}", 1);
    has(&text, "x_batch_events_bucket{le=\"2.0\"}", 1);
    has(&text, "x_batch_events_bucket{le=\"4.0\"}", 3);
    has(&text, "x_batch_events_bucket{le=\"524288.0\"}", 3);
    has(&text, "x_batch_events_bucket{le=\"+Inf\"}", 4);
    has(&text, "x_batch_events_count", 4);
    has(&text, "x_batch_events_sum", 8 + (1 << 30));
    has(&text, "x_wait_seconds_bucket{le=\"0.000032\"}", 1);
    has(&text, "x_wait_seconds_bucket{le=\"0.000512\"}", 1);
    has(&text, "x_wait_seconds_bucket{le=\"0.001024\"}", 2);
    has(&text, "x_wait_seconds_sum", 0.001);
    buffer_clear(&text);
}
END_TEST

START_TEST(most_values_lie_below)
{
    struct histogram waits = {0};

    ck_assert_int_eq(histogram_bound(&waits, HISTOGRAM_DURATIONS_FIRST, 990), 0);
    for (int i = 0; i < 99; i++)
        histogram_note_duration(&waits, 100);
    histogram_note_duration(&waits, 5000);
    ck_assert_int_eq(histogram_bound(&waits, HISTOGRAM_DURATIONS_FIRST, 990), 128);
    ck_assert_int_eq(histogram_bound(&waits, HISTOGRAM_DURATIONS_FIRST, 991), 8192);
    histogram_note_duration(&waits, INT64_C(1) << 40);
    ck_assert_int_eq(histogram_bound(&waits, HISTOGRAM_DURATIONS_FIRST, 1000), INT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *test_case = tcase_create("metrics");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, test_case);
    tcase_add_loop_test(test_case, the_reader_is_strict, 0, sizeof(faulty) / sizeof(faulty[0]));
    tcase_add_test(test_case, counters_and_gauges);
    tcase_add_test(test_case, buckets_have_their_bounds);
    tcase_add_test(test_case, histograms);
    tcase_add_test(test_case, most_values_lie_below);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
