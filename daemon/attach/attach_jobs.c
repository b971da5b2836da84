/* The book's store jobs: what an earlier daemon left is read, lost runs are stopped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attachment_rows.h"
#include "attachments_private.h"
#include "events.h"
#include "rfc3339.h"
#include "runs.h"

static const char lost_payload[] = "{\"reason\":\"orchestrator_lost\"}";

struct attach_load {
    struct store_job job;
    struct arena arena;
    struct attachment_row *rows;
    size_t n_rows;
    size_t capacity;
};

struct attach_stop {
    struct store_job job;
    struct list node; /* in the book */
    struct arena arena;
    struct attach_process *process;
    char id[ATTACH_RUN_ID_SIZE];
    char now[RFC3339_SIZE];
    bool stopped;
};

/* --- loading -------------------------------------------------------------------------------- */

static int load_visit(void *data, const struct attachment_row *row)
{
    struct attach_load *load = data;
    struct attachment_row *rows = load->rows;

    if (load->n_rows == load->capacity) {
        size_t capacity = load->capacity ? 2 * load->capacity : 64;

        rows = realloc(load->rows, capacity * sizeof(*rows));
        if (!rows)
            return STORE_NO_MEMORY;
        load->rows = rows;
        load->capacity = capacity;
    }
    rows += load->n_rows;
    *rows = *row;
    rows->run_id = arena_copy(&load->arena, row->run_id, strlen(row->run_id));
    rows->boot_id = arena_copy(&load->arena, row->boot_id, strlen(row->boot_id));
    if (!rows->run_id || !rows->boot_id)
        return STORE_NO_MEMORY;
    load->n_rows++;
    return 0;
}

static int load_run(struct store_job *job, struct store_db *db)
{
    struct attach_load *load = container_of(job, struct attach_load, job);

    load->n_rows = 0;
    return attachment_rows_running(db, load_visit, load);
}

static void load_free(struct attach_load *load)
{
    if (!load)
        return;
    arena_clear(&load->arena);
    free(load->rows);
    free(load);
}

int attachments_load(struct attachments *book, struct store *store,
                     void (*loaded)(void *data, int result), void *data)
{
    struct attach_load *load = calloc(1, sizeof(*load));

    if (!load)
        return -ENOMEM;
    load->job = (struct store_job){.kind = STORE_READ, .run = load_run};
    book->load = load;
    book->loaded = loaded;
    book->loaded_data = data;
    store_submit(store, &load->job);
    return 0;
}

/* An id that no run of ours can have was written by another program. */
static int load_row(struct attachments *book, const struct attachment_row *row)
{
    struct attach_process *process;
    struct attached_run *run;

    if (strlen(row->run_id) >= ATTACH_RUN_ID_SIZE || row->pid <= 0 || row->pid > INT32_MAX ||
        attach_run_find(book, row->run_id))
        return 0;
    run = calloc(1, sizeof(*run));
    process = attach_process_recall(book, (pid_t)row->pid, row->start_ticks, row->boot_id);
    if (!run || !process) {
        free(run);
        attach_process_leave(book, process);
        return STORE_NO_MEMORY;
    }
    run->process = process;
    attach_run_enter(book, run, row->run_id);
    list_push(&process->runs, &run->of_process);
    return 0;
}

static void load_done(struct attachments *book)
{
    struct attach_load *load = book->load;
    int r = load->job.result;

    for (size_t i = 0; r == 0 && i < load->n_rows; i++)
        r = load_row(book, &load->rows[i]);
    book->load = NULL;
    load_free(load);
    book->loaded(book->loaded_data, r);
}

/* --- stopping ------------------------------------------------------------------------------- */

/* True while the row still says what the run was lost for: a claim may have been committed since.
 */
static bool row_is_of(const struct attachment_row *row, const struct attach_process *process)
{
    return row->pid == process->pid && row->start_ticks == process->start &&
           strcmp(row->boot_id, process->boot) == 0;
}

static int stop_run(struct store_job *job, struct store_db *db)
{
    struct attach_stop *stop = container_of(job, struct attach_stop, job);
    struct attachment_row row;
    struct run_row run;
    int64_t seq;
    int r;

    arena_clear(&stop->arena);
    stop->stopped = false;
    r = attachment_rows_get(db, stop->id, &stop->arena, &row);
    if (r == 0)
        r = runs_get(db, stop->id, &stop->arena, &run);
    if (r != 0)
        return r < 0 ? r : 0;
    if (!row_is_of(&row, stop->process) || strcmp(run.status, "running") != 0)
        return 0;
    r = runs_stop(db, &run, lost_payload, stop->now, &seq);
    if (r == STORE_SEQUENCE_EXHAUSTED) {
        /* No number is left for the event. */
        run.status = "stopped";
        run.completed_at = stop->now;
        r = runs_update(db, &run);
    }
    stop->stopped = r == 0;
    return r;
}

static void stop_free(struct attachments *book, struct attach_stop *stop)
{
    list_remove(&stop->node);
    book->n_stops--;
    attach_process_leave(book, stop->process);
    arena_clear(&stop->arena);
    free(stop);
}

void attach_stop_submit(struct attachments *book, struct attached_run *run)
{
    struct attach_stop *stop = calloc(1, sizeof(*stop));

    if (!stop)
        return;
    stop->job = (struct store_job){.kind = STORE_WRITE, .run = stop_run};
    stop->process = attach_process_use(run->process);
    memcpy(stop->id, run->id, sizeof(stop->id));
    rfc3339_write(rfc3339_now(), stop->now);
    run->stopping = true;
    list_push(&book->stops, &stop->node);
    book->n_stops++;
    list_push(book->writes, &stop->job.node);
}

/* A job that failed is tried again with the next tick. A run that another process has claimed
 * meanwhile is no longer the job's. */
static void stop_done(struct attachments *book, struct attach_stop *stop)
{
    struct attached_run *run = attach_run_find(book, stop->id);

    if (run && run->process == stop->process) {
        run->stopping = false;
        if (stop->job.result == 0)
            attach_run_remove(book, run);
    }
    if (stop->job.result == 0 && stop->stopped && book->system->stopped)
        book->system->stopped(book->system_data, stop->id, stop->process->pid);
    stop_free(book, stop);
}

/* --- jobs ----------------------------------------------------------------------------------- */

bool attachments_owns_job(const struct store_job *job)
{
    return job->run == stop_run || job->run == load_run;
}

void attachments_job_done(struct attachments *book, struct store_job *job)
{
    bool failed = job->result != 0;

    if (job->run == load_run) {
        load_done(book);
        return;
    }
    stop_done(book, container_of(job, struct attach_stop, job));
    /* Those that had to wait for these. */
    if (book->n_stops == 0 && !failed)
        attachments_tick(book, book->grace_ms);
}

void attach_jobs_clear(struct attachments *book)
{
    list_for_each_safe(node, &book->stops)
        stop_free(book, container_of(node, struct attach_stop, node));
    load_free(book->load);
    book->load = NULL;
}
