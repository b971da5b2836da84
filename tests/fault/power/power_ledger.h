/*
 * power_ledger: what was sent and what was acknowledged, by the order of a trace.
 *
 * An acknowledgement counts from the very point at which its last byte left the daemon.
 */
#pragma once

#include "cut_trace.h"
#include "power_load.h"

struct power_entry {
    uint64_t number; /* of the record from which it counts */
    bool done;       /* acknowledged, else sent */
    int client;
    size_t step;
};

struct power_ledger {
    struct power_load *load;
    struct power_entry *entries; /* by number */
    size_t n_entries;
    size_t capacity;
};

/* Reads the marks of a trace. NULL, with words on stderr, when they aren't those of a load. */
struct power_ledger *power_ledger_new(const struct cut_trace *trace);
void power_ledger_free(struct power_ledger *ledger);

struct power_backup {
    const char *name;
    size_t at; /* the entries before this one count for its lower bounds */
};

enum { POWER_BACKUPS_MOST = 64 };

/* How things stand at one point. Zeroed, it stands before everything. */
struct power_standing {
    size_t n_entries; /* that count */
    size_t n_done;
    /* Steps of their client that were acknowledged and sent, by run: the last one, or -1. */
    int done[POWER_RUNS_MOST];
    int sent[POWER_RUNS_MOST];
    bool retention;                                  /* was asked for */
    struct power_backup backups[POWER_BACKUPS_MOST]; /* acknowledged */
    size_t n_backups;
};

void power_standing_start(struct power_standing *standing);
/* On to the point behind the record of this number. */
void power_standing_advance(struct power_standing *standing, const struct power_ledger *ledger,
                            uint64_t number);
/* Lower bounds for a backup: what was acknowledged when it was asked for. */
void power_standing_of_backup(const struct power_standing *standing,
                              const struct power_ledger *ledger, const struct power_backup *backup,
                              struct power_standing *ret_standing);
