/*
 * supervisor: the process beside the one that measures.
 *
 * It collects the figures as they are made, so that they are printed however the other process
 * ends, stops it when told to end or when the time is up, and removes the folder.
 */
#pragma once

#include <sys/types.h>

struct bench;

/* `figures` is where the measuring process `measuring` sends its figures (report.h). Prints the
 * report and returns the exit status. */
int supervise(struct bench *bench, pid_t measuring, int figures);
