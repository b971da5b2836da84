#include "ninja_builds.h"

#include <errno.h>
#include <stdlib.h>

#include "names.h"
#include "ninja_jumble.h"

/* The edge that ends first is one of those started at once: within so many ms. */
enum { NINJA_EARLY_START = 2000 };

static int ninja_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* Sorts `values` and returns their median; `ret_spread` is the distance of the quartiles. */
static int64_t ninja_median(int64_t *values, size_t n, int64_t *ret_spread)
{
    qsort(values, n, sizeof(*values), ninja_compare);
    *ret_spread = values[n - 1 - n / 4] - values[n / 4];
    return n % 2 ? values[n / 2] : values[n / 2 - 1] + (values[n / 2] - values[n / 2 - 1]) / 2;
}

/* The third column is when the output was written, which is near the end of the edge, or (from
 * Ninja 1.12 on) when the command was started. The right reading is the one by which the edges
 * agree. Returns 0, 1 where no entry says anything, or -ENOMEM. */
static int ninja_base_by(const struct ninja_entry *entries, size_t n_entries, int version,
                         int64_t older, bool manifests, int64_t *ret_base)
{
    int64_t *by_end = calloc(n_entries * 2 + 1, sizeof(*by_end));
    int64_t *by_start;
    int64_t end_spread, start_spread, end_base, start_base;
    size_t n = 0;

    if (!by_end)
        return -ENOMEM;
    by_start = by_end + n_entries;
    for (size_t i = 0; i < n_entries; i++) {
        if (entries[i].mtime <= older || (entries[i].manifest && !manifests))
            continue;
        by_end[n] = entries[i].mtime / 1000 - entries[i].end * 1000;
        by_start[n++] = entries[i].mtime / 1000 - entries[i].start * 1000;
    }
    if (n == 0) {
        free(by_end);
        return 1;
    }
    end_base = ninja_median(by_end, n, &end_spread);
    start_base = ninja_median(by_start, n, &start_spread);
    if (end_spread == start_spread)
        *ret_base = version >= 6 ? start_base : end_base;
    else
        *ret_base = end_spread < start_spread ? end_base : start_base;
    free(by_end);
    return 0;
}

int ninja_builds_base(const struct ninja_entry *entries, size_t n_entries, int version,
                      int64_t older, int64_t log_time, int64_t *ret_base)
{
    int r = ninja_base_by(entries, n_entries, version, older, false, ret_base);

    if (r > 0)
        r = ninja_base_by(entries, n_entries, version, older, true, ret_base);
    if (r > 0)
        r = ninja_base_by(entries, n_entries, version, 0, true, ret_base);
    if (r > 0)
        *ret_base = log_time - (n_entries ? entries[n_entries - 1].end * 1000 : 0);
    return r < 0 ? r : 0;
}

/* What is known of the build under way while the log is split. */
struct ninja_split {
    size_t number;
    struct names seen; /* output -> number of the last build that made it */
    int64_t older;     /* newest file of the builds before, ns */
    int64_t newest;    /* newest file of this build, ns; 0: none that says anything */
};

/* Whether `entry` is the first of a new build: the clock of the log went back, an output is there
 * again, or this build would have started after files of it were written. */
static bool ninja_split_here(const struct ninja_split *split, const struct ninja_entry *before,
                             const struct ninja_entry *entry, bool seen)
{
    if (entry->end < before->end || seen)
        return true;
    return split->newest > 0 && entry->mtime > split->older && entry->start < NINJA_EARLY_START &&
           entry->mtime - entry->end * NINJA_NS_PER_MS > split->newest + NINJA_CLOCK_SLACK;
}

/* Counts the builds, and notes in `firsts` (if given) where each begins. */
static ssize_t ninja_split_log(const struct ninja_log *log, size_t jumbled, size_t *firsts)
{
    struct ninja_split split = {.number = 0, .seen = NAMES_INIT};

    for (size_t i = jumbled; i < log->n_entries; i++) {
        const struct ninja_entry *entry = &log->entries[i];
        size_t *last;
        int r = names_add(&split.seen, entry->output, entry->output_size, split.number, &last);

        if (r < 0) {
            names_clear(&split.seen);
            return r;
        }
        if (i == jumbled ||
            ninja_split_here(&split, entry - 1, entry, r == 0 && *last == split.number)) {
            if (firsts)
                firsts[split.number] = i;
            split.number++;
            if (split.newest > split.older)
                split.older = split.newest;
            split.newest = 0;
        }
        *last = split.number;
        if (entry->mtime > split.older && entry->mtime > split.newest)
            split.newest = entry->mtime;
    }
    names_clear(&split.seen);
    return (ssize_t)split.number;
}

/* Lines of one edge follow each other: same times, same command. */
static bool ninja_same_edge(const struct ninja_entry *a, const struct ninja_entry *b)
{
    return a->start == b->start && a->end == b->end && a->hash == b->hash;
}

static int ninja_find_units(struct ninja_build *build, struct arena *arena)
{
    build->units = arena_alloc(arena, build->n_entries * sizeof(*build->units));
    if (!build->units)
        return -ENOMEM;
    for (size_t i = 0; i < build->n_entries;) {
        struct ninja_unit *unit = &build->units[build->n_units++];
        const struct ninja_entry *first = &build->entries[i];

        *unit = (struct ninja_unit){first, 0, first->start, first->end};
        while (i < build->n_entries && ninja_same_edge(first, &build->entries[i])) {
            unit->n_outputs++;
            i++;
        }
    }
    return 0;
}

/* Fills in what follows from a build's entries; `older` is the newest file of those before it. */
static int ninja_build_make(struct ninja_build *build, int version, int64_t older, int64_t log_time,
                            struct arena *arena)
{
    build->older = older;
    if (ninja_find_units(build, arena) < 0)
        return -ENOMEM;
    return ninja_builds_base(build->entries, build->n_entries, version, older, log_time,
                             &build->base);
}

/* The newest of the builds in the rewritten part, if it can be told. Returns 1, 0 or -ENOMEM. */
static int ninja_find_jumbled(const struct ninja_log *log, size_t jumbled, int64_t log_time,
                              struct arena *arena, struct ninja_build *build)
{
    struct ninja_entry *entries = arena_alloc(arena, (jumbled + 1) * sizeof(*entries));
    size_t n;

    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < jumbled; i++)
        entries[i] = log->entries[i];
    n = ninja_jumble_newest(entries, jumbled, log_time);
    if (n == 0)
        return 0;
    build->entries = entries;
    build->n_entries = n;
    return ninja_build_make(build, log->version, 0, log_time, arena) < 0 ? -ENOMEM : 1;
}

static int64_t ninja_newest(const struct ninja_entry *entries, size_t n_entries, int64_t newest)
{
    for (size_t i = 0; i < n_entries; i++)
        if (entries[i].mtime > newest)
            newest = entries[i].mtime;
    return newest;
}

int ninja_builds_find(const struct ninja_log *log, int64_t log_time, struct arena *arena,
                      struct ninja_builds *ret_builds)
{
    ssize_t jumbled = ninja_jumble_size(log);
    ssize_t n = jumbled < 0 ? jumbled : ninja_split_log(log, (size_t)jumbled, NULL);
    struct ninja_builds builds = {.n_jumbled = (size_t)jumbled};
    int64_t older = 0;
    size_t *firsts;
    int r;

    if (n < 0)
        return (int)n;
    builds.builds = arena_alloc(arena, (size_t)(n + 2) * sizeof(*builds.builds));
    firsts = arena_alloc(arena, (size_t)(n + 1) * sizeof(*firsts));
    if (!builds.builds || !firsts || ninja_split_log(log, (size_t)jumbled, firsts) < 0)
        return -ENOMEM;
    firsts[n] = log->n_entries;
    r = ninja_find_jumbled(log, (size_t)jumbled, log_time, arena, &builds.builds[0]);
    if (r < 0)
        return r;
    builds.n_builds = (size_t)r;
    for (ssize_t i = 0; i < jumbled; i++)
        builds.n_left_out += !log->entries[i].manifest;
    builds.n_left_out -= r ? builds.builds[0].n_entries : 0;
    older = ninja_newest(log->entries, (size_t)jumbled, older);
    for (ssize_t i = 0; i < n; i++) {
        struct ninja_build *build = &builds.builds[builds.n_builds++];

        build->entries = &log->entries[firsts[i]];
        build->n_entries = firsts[i + 1] - firsts[i];
        if (ninja_build_make(build, log->version, older, log_time, arena) < 0)
            return -ENOMEM;
        older = ninja_newest(build->entries, build->n_entries, older);
    }
    *ret_builds = builds;
    return 0;
}
