/*
 * samples: numbers measured, and what is said of them.
 *
 * The owner embeds it and frees it with samples_clear(); a plain copy moves it.
 */
#pragma once

#include <stddef.h>

struct samples {
    double *values;
    size_t count;
    size_t capacity;
};

void samples_add(struct samples *samples, double value);
/* Adds all of `more`. */
void samples_join(struct samples *samples, const struct samples *more);
/* The value below which `part` (0 to 1) of them are; 0 where there is none. */
double samples_quantile(const struct samples *samples, double part);
double samples_median(const struct samples *samples);
void samples_clear(struct samples *samples);
