#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"

void samples_add(struct samples *samples, double value)
{
    if (samples->count == samples->capacity) {
        size_t capacity = samples->capacity ? samples->capacity * 2 : 64;
        double *grown = realloc(samples->values, capacity * sizeof(*grown));

        if (!grown)
            bench_die("out of memory");
        samples->values = grown;
        samples->capacity = capacity;
    }
    samples->values[samples->count++] = value;
}

void samples_join(struct samples *samples, const struct samples *more)
{
    for (size_t i = 0; i < more->count; i++)
        samples_add(samples, more->values[i]);
}

static int value_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

double samples_quantile(const struct samples *samples, double part)
{
    double *sorted;
    double place;
    size_t below;
    double value;

    if (samples->count == 0)
        return 0;
    sorted = bench_alloc(samples->count * sizeof(*sorted));
    memcpy(sorted, samples->values, samples->count * sizeof(*sorted));
    qsort(sorted, samples->count, sizeof(*sorted), value_compare);
    place = part * (double)(samples->count - 1);
    below = (size_t)place;
    value = sorted[below];
    if (below + 1 < samples->count)
        value += (place - (double)below) * (sorted[below + 1] - value);
    free(sorted);
    return value;
}

double samples_median(const struct samples *samples)
{
    return samples_quantile(samples, 0.5);
}

void samples_clear(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){.count = 0};
}
