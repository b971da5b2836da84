#include "ninja_jumble.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* In a shorter log one step back is proof enough of a rewritten one. */
enum { NINJA_SHORT_LOG = 8 };

/* How many entries stand before the first output that is there a second time: a rewritten log holds
 * each output once. */
static ssize_t ninja_unique(const struct ninja_log *log)
{
    struct names seen = NAMES_INIT;
    size_t i;

    for (i = 0; i < log->n_entries; i++) {
        const struct ninja_entry *entry = &log->entries[i];
        int r = names_add(&seen, entry->output, entry->output_size, i, NULL);

        if (r < 0) {
            names_clear(&seen);
            return r;
        }
        if (r == 0)
            break;
    }
    names_clear(&seen);
    return (ssize_t)i;
}

/* Without times only the falls themselves are left to judge by: a real build is longer. */
static bool ninja_jumbled_blind(const struct ninja_log *log, size_t unique)
{
    size_t n_falls = 0;

    for (size_t i = 0; i < unique; i++) {
        if (log->entries[i].mtime != 0)
            return false;
        if (i > 0 && log->entries[i].end < log->entries[i - 1].end)
            n_falls++;
    }
    return unique >= NINJA_SHORT_LOG && n_falls * 4 > unique;
}

/* The rewritten part ends where a build begins that started after all of its files were written. */
static size_t ninja_jumble_end(const struct ninja_log *log, size_t jumbled)
{
    int64_t newest = 0;

    for (size_t i = 0; i < jumbled; i++)
        if (log->entries[i].mtime > newest)
            newest = log->entries[i].mtime;
    while (jumbled < log->n_entries) {
        const struct ninja_entry *entry = &log->entries[jumbled];
        int64_t worked = log->version >= 6 ? entry->start : entry->end;

        if (!entry->manifest && entry->mtime - worked * NINJA_NS_PER_MS >= newest)
            break;
        jumbled++;
    }
    return jumbled;
}

/* Ninja rewrites a log that has grown too long, and CMake has it done whenever it configures: one
 * line an output, in the order of a hash table. There, where the end falls back, the files do not
 * get newer, as they would in a later build. */
ssize_t ninja_jumble_size(const struct ninja_log *log)
{
    ssize_t found = ninja_unique(log);
    size_t unique = found < 0 ? 0 : (size_t)found;
    size_t jumbled = 0;
    size_t n_back = 0;
    int64_t newest = 0; /* of all segments before */

    if (found < 0)
        return found;
    if (ninja_jumbled_blind(log, unique))
        return (ssize_t)unique;
    for (size_t i = 0; i < unique;) {
        int64_t segment = 0;
        size_t first = i;

        do {
            if (log->entries[i].mtime > segment)
                segment = log->entries[i].mtime;
            i++;
        } while (i < unique && log->entries[i].end >= log->entries[i - 1].end);
        if (first > 0 && segment != 0 && segment <= newest) {
            jumbled = i;
            n_back++;
        }
        if (segment > newest)
            newest = segment;
    }
    if (n_back == 0 || (n_back == 1 && unique >= NINJA_SHORT_LOG))
        return 0;
    return (ssize_t)ninja_jumble_end(log, jumbled);
}

static int ninja_compare_times(const void *a, const void *b)
{
    int64_t left = ((const struct ninja_entry *)a)->mtime;
    int64_t right = ((const struct ninja_entry *)b)->mtime;

    return left < right ? 1 : -(left > right);
}

/* Outputs of one edge: the first one cannot be told any more; a relative path is likelier. */
static int ninja_compare_outputs(const struct ninja_entry *left, const struct ninja_entry *right)
{
    size_t size = left->output_size < right->output_size ? left->output_size : right->output_size;
    int order = (left->output[0] == '/') - (right->output[0] == '/');

    if (order == 0)
        order = memcmp(left->output, right->output, size);
    if (order == 0)
        order = left->output_size < right->output_size ? -1 : 1;
    return order;
}

/* The order in which Ninja logged the edges. */
static int ninja_compare_edges(const void *a, const void *b)
{
    const struct ninja_entry *left = a;
    const struct ninja_entry *right = b;

    if (left->end != right->end)
        return left->end < right->end ? -1 : 1;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return ninja_compare_outputs(left, right);
}

/* A build's files are newer than its start, and its start is later than all files of the builds
 * before it. So, from the newest file back, entries are of one build as long as one start fits all
 * of them: after (or at) what each edge had left when its file was written, before what each had
 * begun. */
static size_t ninja_jumble_peel(struct ninja_entry *entries, size_t n_entries)
{
    int64_t earliest = INT64_MIN;
    int64_t latest = INT64_MAX;
    size_t n;

    for (n = 0; n < n_entries && entries[n].mtime > 0; n++) {
        int64_t from = entries[n].mtime - entries[n].end * NINJA_NS_PER_MS;
        int64_t to = entries[n].mtime - entries[n].start * NINJA_NS_PER_MS;

        from = from > earliest ? from : earliest;
        to = to < latest ? to : latest;
        if (from > to + NINJA_CLOCK_SLACK)
            break;
        earliest = from;
        latest = to;
    }
    return n;
}

size_t ninja_jumble_newest(struct ninja_entry *entries, size_t n_entries, int64_t log_time)
{
    int64_t last_end = 0;
    size_t n = 0;
    size_t first;

    /* Nothing in the log is newer than the log; a file that says so has another clock's time. */
    for (size_t i = 0; i < n_entries; i++)
        if (!entries[i].manifest &&
            (log_time == 0 || entries[i].mtime / 1000 <= log_time + NINJA_CLOCK_SLACK / 1000))
            entries[n++] = entries[i];
    n_entries = n;
    if (n_entries == 0)
        return 0;
    qsort(entries, n_entries, sizeof(*entries), ninja_compare_times);
    n = ninja_jumble_peel(entries, n_entries);
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (entries[i].end > last_end)
            last_end = entries[i].end;
    /* A command without a file runs in every build, so its entry is of the newest one too. */
    for (first = n; first < n_entries && entries[first].mtime > 0;)
        first++;
    for (size_t i = first; i < n_entries; i++)
        if (entries[i].end <= last_end)
            entries[n++] = entries[i];
    qsort(entries, n, sizeof(*entries), ninja_compare_edges);
    return n;
}
