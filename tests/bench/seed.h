/*
 * seed: databases that hold something already.
 *
 * The daemon itself makes the empty database, so that its schema is the daemon's; raw SQLite fills
 * it in the fast, unsafe way. Older runs of SEED_RUN_EVENTS events each, sixteen side by side,
 * stand before the active ones, which are empty.
 */
#pragma once

#include <stdint.h>

struct bench;

enum { SEED_RUN_EVENTS = 5000, SEED_SIDE_BY_SIDE = 16 };

/* Makes seed.db in the bench's folder unless it is there. */
void seed_make(struct bench *bench);
/* Makes grown.db, or lets it grow, until it holds so many. */
void seed_grow(struct bench *bench, int64_t events);

/* A database of its own with so many events. */
void seed_make_old(struct bench *bench, const char *name, int64_t events);

/* The id of an old run, and how many there are among so many events. */
void seed_run_id(int64_t number, char text[static 32]);
int64_t seed_runs(int64_t events);

/* Makes a database of `runs` runs with one event each, `rare` of them in the
 * repository "/repo/rare" and the others spread over `repositories` named "/repo/0" and up. */
void seed_make_runs(struct bench *bench, const char *name, int64_t runs, int64_t repositories,
                    int64_t rare);
