/*
 * seq_answer: what the parts of the model share that write answers: seq_answer.c for calls that
 * write, seq_look.c for those that read and for DeleteRuns, seq_graph.c for graphs.
 */
#pragma once

#include "seq_model.h"

/* Calls that are in no batch: they read, or delete. */
void seq_answer_other(const struct seq_call *call, struct buffer *answer);

/* False where it is not there, and the answer says so. */
bool seq_run_found(const struct seq_run *run, struct buffer *answer);

/* What GetGraph answers of it from now on; false where it is refused, and the answer says so. */
bool seq_graph_answer(const struct seq_graph *graph, const char **ret_text, struct buffer *answer);

/* An error of history with a run_id and another text. */
void seq_error_run(struct buffer *answer, const char *error, const char *run_id, const char *name,
                   const char *value);
void seq_error_parameter(struct buffer *answer, const char *parameter);
void seq_error_transition(struct buffer *answer, const struct seq_run *run, const char *from,
                          const char *to);
/* The numbers of a run are used up. */
void seq_error_too_large(struct buffer *answer);
