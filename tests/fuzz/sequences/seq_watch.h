/*
 * seq_watch: watchers beside the sequence: each is told every event it asked for, once and in
 * order, and every row that changed.
 *
 * What is due is worked out from the model after every batch of calls, and compared with what the
 * daemon told since the last look.
 */
#pragma once

#include "seq_model.h"

struct call;

/* Begins one with a call that was taken already; `narrow`: it has no room after each answer. One
 * that is refused is answered as it should be. */
void seq_watch_open(const struct seq_call *call, struct call *taken, bool narrow);
/* Room for one more. */
bool seq_watch_room(void);
/* Compares what they were told; `single`: all that happened since the last time is one commit. */
void seq_watch_look(bool single);
/* Ends one, if there is any, or all. */
void seq_watch_close(int which);
void seq_watch_close_all(void);
/* A sequence begins: nothing has been looked at. */
void seq_watch_begin(void);
