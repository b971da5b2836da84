/*
 * last_seq: the highest event number of runs that were written to lately.
 *
 * It spares the write connection a look-up for each call that appends. What is kept is what its
 * transaction sees: it is forgotten when the transaction is rolled back, when another process has
 * written, and must be when events or runs are deleted. A run that is kept exists. Writer thread.
 */
#pragma once

#include "store_db.h"

bool last_seq_find(const struct store_db *db, const char *run_id, int64_t *ret_seq);
/* Out of memory it keeps nothing. */
void last_seq_keep(struct store_db *db, const char *run_id, int64_t seq);
void last_seqs_forget(struct store_db *db);
