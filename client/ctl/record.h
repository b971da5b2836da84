/*
 * record: lines of JSON becoming runs.
 *
 * A line is an event, or {"run": …} or {"graph": …} as `export` writes them. Events that carry
 * their number are sent with it; others are numbered by the library's recorder. One thread.
 */
#pragma once

#include "batch.h"
#include "parsed.h"

enum record_mode { RECORD_UNDECIDED, RECORD_NUMBERED, RECORD_COUNTING };

struct record {
    struct ctl *ctl;
    bool strict;
    bool complete;
    bool fixed; /* the run was named on the command line */

    /* The run under way; `run_id` NULL: none yet. */
    char *run_id;
    int64_t last_seq;
    enum record_mode mode;
    struct batch batch;
    struct hd_recorder *recorder;
    struct parsed final; /* of a run line: holds `row` */
    char *final_text;
    struct hd_run row;
    bool has_row;

    /* What its events said, for --complete. */
    int64_t n_completed, n_failed, n_blocked;
    const char *status;

    int64_t n_events;     /* of this run, handed over */
    int64_t n_duplicates; /* of this run */
    int64_t n_refused;    /* lines, of all runs */
    int64_t reported;     /* last line complained about */
};

/* Starts on the run `run_id`, which exists and has `last_seq`. Returns the exit code. */
int record_begin(struct record *record, const char *run_id, int64_t last_seq);
/* Takes one line. Returns 0; 1 where the line was refused and told (with strict: stop); -1 where
 * nothing more can be recorded, which has been told. */
int record_line(struct record *record, const char *line, size_t size, int64_t number);
/* Waits until all of the run is stored, ends the run as it was wanted, and prints the summary.
 * Returns the exit code. */
int record_finish(struct record *record);
/* Frees what a run left behind, finished or not. */
void record_clear(struct record *record);

/* Tells that a line was refused, and counts it. */
void record_refuse(struct record *record, int64_t line, const char *reason);
