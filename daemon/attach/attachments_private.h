/*
 * attachments_private: what the files of the book share.
 */
#pragma once

#include "attachments.h"

enum { ATTACH_RUN_ID_SIZE = 129 };

struct attached_run {
    struct list node;       /* in its bucket, or of a holder's spares */
    struct list of_process; /* in process->runs */
    struct list of_holder;  /* in holder->runs */
    struct attach_process *process;
    struct attach_holder *holder; /* NULL: no connection holds it */
    bool stopping;                /* a job for it is with the store */
    char id[ATTACH_RUN_ID_SIZE];
};

/* attach_runs.c: the entries. NULL where there is none. */
struct attached_run *attach_run_find(struct attachments *book, const char *run_id);
/* Puts an entry in; nothing can fail. */
void attach_run_enter(struct attachments *book, struct attached_run *run, const char *run_id);
void attach_run_remove(struct attachments *book, struct attached_run *run);
void attach_run_stand(struct attachments *book, struct attached_run *run,
                      struct attach_process *process);
/* NULL: no connection does. */
void attach_run_hold(struct attachments *book, struct attached_run *run,
                     struct attach_holder *holder);

/* attach_processes.c. Found processes have one more user. */
struct attach_process *attach_process_use(struct attach_process *process);
void attach_process_leave(struct attachments *book, struct attach_process *process);
/* A process that was found, or (with `gone`) was not. Takes `pidfd` over. NULL when out of memory.
 */
struct attach_process *attach_process_meet(struct attachments *book, pid_t pid, int64_t start,
                                           int pidfd, bool gone);
/* The process of a row. */
struct attach_process *attach_process_recall(struct attachments *book, pid_t pid, int64_t start,
                                             const char *boot);
/* Asks for one that can't be watched. */
void attach_process_ask(struct attachments *book, struct attach_process *process);

/* attach_jobs.c: hands a job over that stops the run; where there is no memory for it, later. */
void attach_stop_submit(struct attachments *book, struct attached_run *run);
void attach_jobs_clear(struct attachments *book);
