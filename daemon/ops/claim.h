/*
 * claim: calls that attach a run to the process that makes them, and how a run's answer tells of
 * it. See attachments.h.
 */
#pragma once

#include "op_call.h"
#include "wire.h"

/* In the state of an op that attaches runs. */
struct claim {
    bool wanted;
    const char *run_id;     /* that the call attached; NULL: none */
    const char *attachment; /* for the answer */
};

/* From op->check: finds the process. Returns 0 or what call_fail() does. */
int claim_prepare(struct call *call, struct claim *claim);
/* From op->run, at its beginning: the op may run more than once. */
void claim_reset(struct claim *claim);
/* From op->run, as its last write: the run, which is running, is the process's. A run that is there
 * already is not taken by a process that is gone. */
int claim_write(struct call *call, struct store_db *db, struct claim *claim, const char *run_id,
                bool fresh);
/* From op->done. */
void claim_settle(struct call *call, struct claim *claim, int result);

/* From op->check of what else writes: the peer is still there for its run. */
void claim_touch(struct call *call, const char *run_id);
/* From op->done of what ends a run. */
void claim_forget(struct call *call, const char *run_id);

/* The row as GetRun and others answer it. */
struct hd_run call_run_to_wire(struct call *call, const struct run_row *row);
