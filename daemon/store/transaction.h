/*
 * transaction: the write connection's transaction and what it counts.
 *
 * The newest event id, the newest change and the number of running runs are kept beside the
 * transaction, so that nobody has to ask the disk for them, and fall back with it. When another
 * process (an operator's sqlite3) has written in between, they are read again.
 *
 * The rows of run_changes are written just before the commit: a changed run is told to watchers
 * after all events of the same commit, also those appended after the change.
 */
#pragma once

#include "store_db.h"

int transaction_begin(struct store_db *db);
/* Nothing is committed when it fails, as far as SQLite knows; roll back then. */
int transaction_commit(struct store_db *db);
/* Harmless without a transaction. */
int transaction_rollback(struct store_db *db);

/* The run's row is new or has changed. */
int transaction_note_run(struct store_db *db, const char *run_id, int64_t running_change);
void transaction_note_event(struct store_db *db, int64_t event_id, int64_t bytes);
