/*
 * metrics: numbers the daemon counts of itself, and how they are written down for a collector.
 *
 * A counter or histogram is zeroed memory within what it counts for. One thread changes it, any may
 * read it: to the processor these are plain loads and stores, without a lock. A number that several
 * threads change is changed by counter_add_shared(). The text is that of OpenMetrics 1.0; it is
 * kept to what collectors of the older Prometheus text (node_exporter's among them) read as well,
 * so there are no types but counter, gauge and histogram.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "buffer.h"

struct counter {
    atomic_llong value;
};

static inline int64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&((struct counter *)counter)->value, memory_order_relaxed);
}

/* By the one thread that changes it. */
static inline void counter_add(struct counter *counter, int64_t more)
{
    atomic_store_explicit(&counter->value, counter_read(counter) + more, memory_order_relaxed);
}

/* The largest value so far, likewise. */
static inline void counter_raise(struct counter *counter, int64_t value)
{
    if (value > counter_read(counter))
        atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

/* By any thread; then by all. */
static inline void counter_add_shared(struct counter *counter, int64_t more)
{
    atomic_fetch_add_explicit(&counter->value, more, memory_order_relaxed);
}

/* Bounds double from bucket to bucket; behind the last is one for all that is more. */
enum {
    HISTOGRAM_BUCKETS = 20,
    HISTOGRAM_SIZES_FIRST = 0,     /* 1 to 524288 */
    HISTOGRAM_DURATIONS_FIRST = 5, /* 32 us to 16.8 s */
};

struct histogram {
    struct counter buckets[HISTOGRAM_BUCKETS + 1]; /* each its own, not those below it too */
    struct counter sum;
};

/* The bucket for a value where the first one's bound is 1 << `first`. */
static inline unsigned int histogram_bucket(int64_t value, int first)
{
    int bits;

    if (value <= (int64_t)1 << first)
        return 0;
    bits = 64 - __builtin_clzll((unsigned long long)value - 1) - first;
    return bits < HISTOGRAM_BUCKETS ? (unsigned int)bits : HISTOGRAM_BUCKETS;
}

static inline void histogram_note(struct histogram *histogram, int64_t value, int first)
{
    counter_add(&histogram->buckets[histogram_bucket(value, first)], 1);
    counter_add(&histogram->sum, value);
}

static inline void histogram_note_size(struct histogram *histogram, int64_t size)
{
    histogram_note(histogram, size, HISTOGRAM_SIZES_FIRST);
}

/* Microseconds; less than none counts as none. */
static inline void histogram_note_duration(struct histogram *histogram, int64_t us)
{
    histogram_note(histogram, us > 0 ? us : 0, HISTOGRAM_DURATIONS_FIRST);
}

int64_t histogram_count(const struct histogram *histogram);
/* The bound that so many of a thousand values do not pass, INT64_MAX where the last bound does not
 * hold them; 0 without values. */
int64_t histogram_bound(const struct histogram *histogram, int first, int thousandth);

/* Microseconds of the monotonic clock, for durations. */
int64_t metrics_now(void);

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_TIME,      /* a gauge in microseconds, written in seconds */
    METRIC_SIZES,     /* a histogram of histogram_note_size() */
    METRIC_DURATIONS, /* a histogram of histogram_note_duration(), written in seconds */
};

struct metric {
    const char *name; /* without _total; ends with the unit where there is one */
    enum metric_kind kind;
    const char *unit; /* NULL: none */
    const char *help; /* one sentence */
};

/* What stands before the samples of a metric. */
void metric_write_head(struct buffer *text, const struct metric *metric);
/* A sample of a counter, gauge or time, with a label or (both NULL) without. */
void metric_write_value(struct buffer *text, const struct metric *metric, const char *label,
                        const char *label_value, int64_t value);
/* The samples of a histogram. */
void metric_write_histogram(struct buffer *text, const struct metric *metric,
                            const struct histogram *histogram);
/* Behind the last metric. */
void metrics_write_end(struct buffer *text);
