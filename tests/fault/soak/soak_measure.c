#include "soak_measure.h"

#include <stdio.h>
#include <sys/stat.h>

#include "harness.h"
#include "soak_fit.h"

struct soak_samples *soak_samples_new(int64_t duration_ms, int64_t every_ms)
{
    struct soak_samples *samples = harness_alloc(sizeof(*samples));

    samples->most = (long)(duration_ms / every_ms) + 16;
    samples->samples = harness_alloc((size_t)samples->most * sizeof(*samples->samples));
    samples->began = harness_now();
    return samples;
}

double soak_file_kib(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (double)status.st_size / 1024 : 0;
}

const struct soak_sample *soak_sample_take(struct soak_samples *samples,
                                           const struct subject *subject, int life)
{
    struct soak_sample *sample = &samples->samples[samples->count];

    ck_assert_int_lt(samples->count, samples->most);
    *sample = (struct soak_sample){
        .life = life,
        .second = (double)(harness_now() - samples->began) / 1000,
        .memory = (double)subject_memory(subject),
        .wal = soak_file_kib(harness_text("%s-wal", subject->database)),
        .log = soak_file_kib(subject->log),
        .database = soak_file_kib(subject->database),
        .descriptors = subject_descriptors(subject),
    };
    samples->count++;
    return sample;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Prints it, and returns whether it does not grow. */
static bool line_is_level(const char *what, const struct soak_fit *fit)
{
    double bound = SOAK_NOISE_KIB + 2 * fit->deviation;
    bool level = fit->growth <= bound;

    printf("%s: memory %.1f MiB on average, %+.2f MiB from its line's begin to its end, %.2f MiB "
           "off it; at most %+.2f MiB is allowed%s\n",
           what, fit->mean / 1024, fit->growth / 1024, fit->deviation / 1024, bound / 1024,
           level ? "" : "  GROWS");
    fflush(stdout);
    return level;
}

/* The samples of a life behind its first tenth; returns the number. */
static long life_points(const struct soak_samples *samples, int life, double *x, double *y)
{
    const struct soak_sample *first = NULL, *last = NULL;
    long points = 0;

    for (long i = 0; i < samples->count; i++) {
        if (samples->samples[i].life != life)
            continue;
        first = first ? first : &samples->samples[i];
        last = &samples->samples[i];
    }
    for (const struct soak_sample *sample = first; sample && sample <= last; sample++) {
        if (sample->second < first->second + (last->second - first->second) / 10)
            continue;
        x[points] = sample->second;
        y[points++] = sample->memory;
    }
    return points;
}

void soak_judge_memory(const struct soak_samples *samples, bool judges_memory)
{
    const struct soak_sample *last = &samples->samples[samples->count - 1];
    double *x = harness_alloc((size_t)samples->count * sizeof(*x));
    double *y = harness_alloc((size_t)samples->count * sizeof(*y));
    double *begins = harness_alloc((size_t)(last->life + 1) * sizeof(*begins));
    double *means = harness_alloc((size_t)(last->life + 1) * sizeof(*means));
    long lives = 0;
    bool level = true;

    for (int life = 0; life <= last->life; life++) {
        long points = life_points(samples, life, x, y);
        struct soak_fit fit = soak_fit(x, y, points);

        if (points < 3)
            continue;
        level =
            line_is_level(harness_text("life %d, %ld samples", life + 1, points), &fit) && level;
        if (x[0] < last->second / 10)
            continue;
        begins[lives] = x[0];
        means[lives++] = fit.mean;
    }
    if (lives >= 3) {
        struct soak_fit fit = soak_fit(begins, means, lives);

        level = line_is_level(harness_text("over %ld lives", lives), &fit) && level;
    }
    ck_assert_msg(level || !judges_memory, "memory grows");
}

/* --- files ------------------------------------------------------------------------------------ */

void soak_judge_files(const struct soak_samples *samples)
{
    const struct soak_sample *all = samples->samples;
    double wal = 0, logged = 0, grown;
    long before = 0;

    for (long i = 0; i < samples->count; i++) {
        wal = all[i].wal > wal ? all[i].wal : wal;
        while (all[before].second < all[i].second - 60)
            before++;
        grown = all[i].log - all[before].log;
        logged = grown > logged ? grown : logged;
    }
    printf(
        "write-ahead log: at most %.1f MiB; log: at most %.1f KiB in a minute, %.1f KiB in all\n",
        wal / 1024, logged, all[samples->count - 1].log);
    fflush(stdout);
    ck_assert_msg(wal <= SOAK_WAL_KIB, "the write-ahead log grew");
    ck_assert_msg(logged <= SOAK_LOG_KIB, "the log grew");
}
