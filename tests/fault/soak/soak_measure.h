/*
 * soak_measure: what a soak measures of the daemon while it runs, and what it demands of that.
 *
 * The test owns the samples and takes one every few seconds; a life is the time between two deaths
 * of the daemon. Judging prints a line for each life, and fails the test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "subject.h"

struct soak_sample {
    int life;
    double second; /* since the soak began */
    double memory; /* resident, in KiB */
    double wal;    /* files, in KiB */
    double log;    /* of all lives together */
    double database;
    int descriptors;
};

struct soak_samples {
    struct soak_sample *samples;
    long count;
    long most;
    int64_t began;
};

/* Room for a sample each `every_ms` for as long as the soak takes. */
struct soak_samples *soak_samples_new(int64_t duration_ms, int64_t every_ms);
const struct soak_sample *soak_sample_take(struct soak_samples *samples,
                                           const struct subject *subject, int life);
double soak_file_kib(const char *path);

/* Memory: within a life, the line through the samples behind the life's first tenth grows by no
 * more than SOAK_NOISE_KIB and twice the deviation from it; and so does the line through the means
 * of lives, behind the first tenth of the soak. Only told where `judges_memory` is false. */
void soak_judge_memory(const struct soak_samples *samples, bool judges_memory);
/* The write-ahead log never passed what the daemon warns at, and in no minute more was logged than
 * eleven lines a second, which lines about peers are limited to. */
void soak_judge_files(const struct soak_samples *samples);

enum { SOAK_NOISE_KIB = 2048, SOAK_WAL_KIB = 64 << 10, SOAK_LOG_KIB = 200 };
