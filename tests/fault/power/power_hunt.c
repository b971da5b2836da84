#include "power_hunt.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cut_image.h"
#include "power_drive.h"

struct hunter {
    const struct power_hunt *hunt;
    struct cut_trace trace;
    struct power_ledger *ledger;
    struct cut_disk *disk;
    struct cut_image image;
    struct power_standing standing;
    struct power_standing of_backup;
    char folder[PATH_MAX];
    char socket[PATH_MAX];
    char words[1024];
};

enum {
    DULL_MOST = 40,  /* images in a row that were seen before: the point has no more */
    SHORT_ONES = 10, /* each so manyth image goes through the store's whole start */
};

struct power_tally *power_tally_new(uint64_t images)
{
    size_t n_slots = 1 << 16;
    struct power_tally *tally;
    size_t size;

    while (n_slots < images * 6)
        n_slots *= 2;
    size = sizeof(*tally) + n_slots * sizeof(tally->slots[0]);
    tally =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (tally == MAP_FAILED)
        return NULL;
    tally->n_slots = n_slots;
    return tally;
}

/* Whether it is new. A table that is full takes all for new. */
static bool tally_note(struct power_tally *tally, uint64_t digest)
{
    unsigned long long wanted = digest ? digest : 1;

    for (size_t i = 0; i < 1000; i++) {
        atomic_ullong *slot = &tally->slots[(wanted + i) & (tally->n_slots - 1)];
        unsigned long long found = 0;

        if (atomic_compare_exchange_strong(slot, &found, wanted))
            return true;
        if (found == wanted)
            return false;
    }
    return true;
}

/* --- one image ------------------------------------------------------------------------------- */

static int backups_check(struct hunter *hunter)
{
    char path[PATH_MAX];
    char words[512];

    for (size_t i = 0; i < hunter->standing.n_backups; i++) {
        const struct power_backup *backup = &hunter->standing.backups[i];
        uint64_t digest;

        /* A copy that was found good stays so: what it must hold does not grow. */
        snprintf(path, sizeof(path), POWER_BACKUPS "/%s", backup->name);
        digest = cut_image_file_digest(&hunter->image, path);
        if (digest && !tally_note(hunter->hunt->tally, ~digest))
            continue;
        snprintf(path, sizeof(path), "%.3000s/" POWER_BACKUPS "/%s", hunter->folder, backup->name);
        power_standing_of_backup(&hunter->standing, hunter->ledger, backup, &hunter->of_backup);
        if (power_check(path, hunter->ledger, &hunter->of_backup, words, sizeof(words)) < 0) {
            snprintf(hunter->words, sizeof(hunter->words), "backup %s: %s", backup->name, words);
            return -1;
        }
    }
    return 0;
}

/* Writes, recovers, compares. `number` counts. 0, 1 when it is bad, -1. */
static int image_try(struct hunter *hunter, uint64_t number)
{
    const struct power_hunt *hunt = hunter->hunt;
    bool by_daemon = hunt->every > 0 && number % (uint64_t)hunt->every == 0;
    char database[PATH_MAX];
    int r = cut_image_write(&hunter->image, hunter->folder);

    if (r < 0) {
        fprintf(stderr, "powercut: %s: %s\n", hunter->folder, strerror(-r));
        return -1;
    }
    snprintf(database, sizeof(database), "%.3000s/" POWER_DATABASE, hunter->folder);
    if (backups_check(hunter) < 0)
        return 1;
    if (by_daemon)
        r = power_recover_daemon(hunt->daemon, database, hunter->socket, hunter->words,
                                 sizeof(hunter->words));
    else if (number % SHORT_ONES == 0)
        r = power_recover_here(database, hunter->words, sizeof(hunter->words));
    else
        r = power_recover_short(database, hunter->words, sizeof(hunter->words));
    if (r == 0)
        r = power_check(database, hunter->ledger, &hunter->standing, hunter->words,
                        sizeof(hunter->words));
    if (by_daemon)
        atomic_fetch_add(&hunt->tally->daemons, 1);
    return r < 0 ? 1 : 0;
}

static void command(const char *format, const char *from, const char *to)
{
    char *line;

    if (asprintf(&line, format, from, to) < 0)
        abort();
    if (system(line) != 0)
        fprintf(stderr, "powercut: failed: %s\n", line);
    free(line);
}

/* What was tried is no longer as it was: it is made once more. */
static void image_keep(struct hunter *hunter, const char *name)
{
    const struct power_hunt *hunt = hunter->hunt;
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", hunt->keep, name);
    if ((mkdir(hunt->keep, 0700) < 0 && errno != EEXIST) ||
        (mkdir(path, 0700) < 0 && errno != EEXIST) || cut_image_write(&hunter->image, path) < 0)
        fprintf(stderr, "powercut: %s: %s\n", path, strerror(errno));
    command("cp -n --sparse=always '%s' '%s/'", hunt->trace, hunt->keep);
}

static const char *trace_name(const struct power_hunt *hunt)
{
    const char *slash = strrchr(hunt->trace, '/');

    return slash ? slash + 1 : hunt->trace;
}

static void image_is_bad(struct hunter *hunter, uint64_t point, uint64_t seed)
{
    char name[128];

    snprintf(name, sizeof(name), "%s@%" PRIu64 "-%" PRIx64, trace_name(hunter->hunt), point, seed);
    if (atomic_fetch_add(&hunter->hunt->tally->bad, 1) < 20) {
        printf("BAD %s (%s): %s\n", name, hunter->image.words, hunter->words);
        fflush(stdout);
        if (hunter->hunt->keep)
            image_keep(hunter, name);
    }
}

/* 0; 1 when it was seen before; -1. */
static int image_hunt(struct hunter *hunter, uint64_t point, uint64_t seed)
{
    struct power_tally *tally = hunter->hunt->tally;
    uint64_t digest;
    uint64_t number;
    int r;

    cut_image_make(hunter->disk, seed, &hunter->image);
    atomic_fetch_add(&tally->drawn, 1);
    digest = cut_image_digest(&hunter->image);
    if (!tally_note(tally, digest ^ (hunter->standing.n_done + 1) * 0x9e3779b97f4a7c15))
        return 1;
    if (tally_note(tally, digest))
        atomic_fetch_add(&tally->distinct, 1);
    number = atomic_fetch_add(&tally->tried, 1);
    r = image_try(hunter, number);
    if (r > 0)
        image_is_bad(hunter, point, seed);
    return r < 0 ? -1 : 0;
}

/* --- a process ------------------------------------------------------------------------------- */

static int hunter_open(struct hunter *hunter, const struct power_hunt *hunt, int number)
{
    int r;

    *hunter = (struct hunter){.hunt = hunt};
    snprintf(hunter->folder, sizeof(hunter->folder), "%s/image%d", hunt->scratch, number);
    snprintf(hunter->socket, sizeof(hunter->socket), "%s/socket%d", hunt->scratch, number);
    if (mkdir(hunter->folder, 0700) < 0 && errno != EEXIST)
        return -1;
    r = cut_trace_open(hunt->trace, &hunter->trace);
    if (r < 0) {
        fprintf(stderr, "powercut: %s: %s\n", hunt->trace, strerror(-r));
        return -1;
    }
    hunter->ledger = power_ledger_new(&hunter->trace);
    if (!hunter->ledger)
        return -1;
    hunter->disk = cut_disk_new(&hunter->trace);
    hunter->disk->forget_folder_syncs = hunt->forget_folder_syncs;
    power_standing_start(&hunter->standing);
    return 0;
}

static void hunter_close(struct hunter *hunter)
{
    cut_image_clear(&hunter->image);
    cut_disk_free(hunter->disk);
    power_ledger_free(hunter->ledger);
    cut_trace_close(&hunter->trace);
}

static uint64_t trace_points(const struct cut_trace *trace, uint64_t *ret_first)
{
    uint64_t first = 0;

    for (const struct cut_record *record = cut_trace_next(trace, NULL); record && !first;
         record = cut_trace_next(trace, record))
        if (record->kind == CUT_START)
            first = record->number;
    *ret_first = first;
    return trace->header->records - first + 1;
}

/* Between a cut and the last file of what it left there is no disk. */
static bool point_is_none(const struct cut_trace *trace, const struct cut_record *record)
{
    const struct cut_record *next = cut_trace_next(trace, record);

    return next && (next->kind == CUT_BASE_FILE || next->kind == CUT_BASE_FOLDER);
}

static int points_hunt(struct hunter *hunter, int number)
{
    const struct power_hunt *hunt = hunter->hunt;
    uint64_t first;
    uint64_t n_points = trace_points(&hunter->trace, &first);

    for (uint64_t i = (uint64_t)number; i < n_points; i += (uint64_t)hunt->processes) {
        uint64_t draw = hunt->seed * 1000003 + first + i;
        /* Cut so that all of them together are as many as wanted. */
        uint64_t count = hunt->images * (i + 1) / n_points - hunt->images * i / n_points;
        int dull = 0;

        cut_disk_follow(hunter->disk, first + i);
        power_standing_advance(&hunter->standing, hunter->ledger, first + i);
        if (point_is_none(&hunter->trace, hunter->disk->last))
            continue;
        while (count > 0 && dull < DULL_MOST) {
            int r = image_hunt(hunter, first + i, cut_draw(&draw));

            if (r < 0)
                return -1;
            dull = r > 0 ? dull + 1 : 0;
            count -= r == 0;
        }
    }
    return 0;
}

int power_hunt(const struct power_hunt *hunt)
{
    unsigned long long bad_before = atomic_load(&hunt->tally->bad);
    int failed = 0;

    fflush(NULL);
    for (int i = 0; i < hunt->processes; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            struct hunter hunter;
            int r = hunter_open(&hunter, hunt, i);

            if (r == 0)
                r = points_hunt(&hunter, i);
            hunter_close(&hunter);
            fflush(NULL);
            _exit(r < 0 ? 1 : 0);
        }
        failed += pid < 0;
    }
    for (int i = 0; i < hunt->processes - failed; i++) {
        int status;

        if (wait(&status) < 0 || status != 0) {
            fprintf(stderr, "powercut: %s: a hunter ended with status 0x%x\n", hunt->trace, status);
            failed++;
        }
    }
    if (failed)
        return -1;
    return atomic_load(&hunt->tally->bad) > bad_before ? 1 : 0;
}

int power_hunt_one(const struct power_hunt *hunt, uint64_t point, uint64_t seed)
{
    struct hunter hunter;
    int r = hunter_open(&hunter, hunt, 0);

    if (r == 0) {
        cut_disk_follow(hunter.disk, point);
        power_standing_advance(&hunter.standing, hunter.ledger, point);
        cut_image_make(hunter.disk, seed, &hunter.image);
        r = image_try(&hunter, 1);
        printf("%s: %s\n", hunter.image.words, r > 0 ? hunter.words : r == 0 ? "good" : "failed");
    }
    hunter_close(&hunter);
    return r;
}
