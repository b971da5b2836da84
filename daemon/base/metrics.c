#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SECOND_US = 1000000, NUMBER_SIZE = 32 };

int64_t metrics_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t histogram_count(const struct histogram *histogram)
{
    int64_t count = 0;

    for (int i = 0; i <= HISTOGRAM_BUCKETS; i++)
        count += counter_read(&histogram->buckets[i]);
    return count;
}

int64_t histogram_bound(const struct histogram *histogram, int first, int thousandth)
{
    int64_t count = histogram_count(histogram);
    int64_t below = 0;

    if (count == 0)
        return 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += counter_read(&histogram->buckets[i]);
        if (below * 1000 >= count * thousandth)
            return (int64_t)1 << (first + i);
    }
    return INT64_MAX;
}

/* Seconds with all six digits that count, however many stand before the point. */
static const char *seconds_text(int64_t us, char text[NUMBER_SIZE])
{
    size_t size;

    snprintf(text, NUMBER_SIZE, "%" PRId64 ".%06" PRId64, us / SECOND_US, us % SECOND_US);
    for (size = strlen(text); text[size - 1] == '0' && text[size - 2] != '.'; size--)
        text[size - 1] = '\0';
    return text;
}

static const char *bound_text(enum metric_kind kind, int bucket, char text[NUMBER_SIZE])
{
    if (bucket == HISTOGRAM_BUCKETS)
        return "+Inf";
    if (kind == METRIC_DURATIONS)
        return seconds_text((int64_t)1 << (HISTOGRAM_DURATIONS_FIRST + bucket), text);
    snprintf(text, NUMBER_SIZE, "%" PRId64 ".0", (int64_t)1 << (HISTOGRAM_SIZES_FIRST + bucket));
    return text;
}

static const char *kind_name(enum metric_kind kind)
{
    switch (kind) {
    case METRIC_COUNTER:
        return "counter";
    case METRIC_GAUGE:
    case METRIC_TIME:
        return "gauge";
    case METRIC_SIZES:
    case METRIC_DURATIONS:
        return "histogram";
    }
    return "";
}

static void write_escaped(struct buffer *text, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n') {
            buffer_append_text(text, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"')
            buffer_append_char(text, '\\');
        buffer_append_char(text, *value);
    }
}

static void write_line(struct buffer *text, const char *keyword, const char *name,
                       const char *value)
{
    buffer_append_text(text, keyword);
    buffer_append_text(text, name);
    buffer_append_char(text, ' ');
    write_escaped(text, value);
    buffer_append_char(text, '\n');
}

void metric_write_head(struct buffer *text, const struct metric *metric)
{
    write_line(text, "# TYPE ", metric->name, kind_name(metric->kind));
    if (metric->unit)
        write_line(text, "# UNIT ", metric->name, metric->unit);
    write_line(text, "# HELP ", metric->name, metric->help);
}

static void write_sample(struct buffer *text, const struct metric *metric, const char *suffix,
                         const char *label, const char *label_value)
{
    buffer_append_text(text, metric->name);
    buffer_append_text(text, suffix);
    if (label) {
        buffer_append_char(text, '{');
        buffer_append_text(text, label);
        buffer_append_text(text, "=\"");
        write_escaped(text, label_value);
        buffer_append_text(text, "\"}");
    }
    buffer_append_char(text, ' ');
}

static void write_number(struct buffer *text, bool seconds, int64_t value)
{
    char number[NUMBER_SIZE];

    if (seconds)
        buffer_append_text(text, seconds_text(value, number));
    else
        buffer_append_int(text, value);
    buffer_append_char(text, '\n');
}

void metric_write_value(struct buffer *text, const struct metric *metric, const char *label,
                        const char *label_value, int64_t value)
{
    write_sample(text, metric, metric->kind == METRIC_COUNTER ? "_total" : "", label, label_value);
    write_number(text, metric->kind == METRIC_TIME, value);
}

/* The count is that of the buckets just read: another thread may go on counting meanwhile. */
void metric_write_histogram(struct buffer *text, const struct metric *metric,
                            const struct histogram *histogram)
{
    int64_t count = 0;
    char bound[NUMBER_SIZE];

    for (int i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        count += counter_read(&histogram->buckets[i]);
        write_sample(text, metric, "_bucket", "le", bound_text(metric->kind, i, bound));
        write_number(text, false, count);
    }
    write_sample(text, metric, "_sum", NULL, NULL);
    write_number(text, metric->kind == METRIC_DURATIONS, counter_read(&histogram->sum));
    write_sample(text, metric, "_count", NULL, NULL);
    write_number(text, false, count);
}

void metrics_write_end(struct buffer *text)
{
    buffer_append_text(text, "# EOF\n");
}
