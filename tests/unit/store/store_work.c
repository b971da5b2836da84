#include "store_work.h"

#include "attachment_rows.h"
#include "removal.h"
#include "store_backup.h"
#include "store_fixture.h"

#define NOW    "2026-01-20T14:30:52.000000Z"
#define BACKUP "history-20260120-143052.db"

enum { EVENTS = 12 };

static int append_body(struct store_db *db, void *data)
{
    int *first = data;
    struct event_new events[2] = {
        {.has_seq = true,
         .seq = *first,
         .type = "unit.started",
         .unit = "u",
         .payload = "{\"a\":1}"},
        {.has_seq = true, .seq = *first + 1, .type = "unit.failed", .unit = "u", .error = "oh"},
    };
    struct events_appended appended;

    return events_append(db, "r", events, 2, NOW, &appended);
}

static int graph_body(struct store_db *db, void *data)
{
    static const struct graph_row graph = {.nodes = "[]", .edges = "[]", .levels = "[]"};

    (void)data;
    return graphs_put(db, "r", &graph);
}

static int run_body(struct store_db *db, void *data)
{
    struct run_row run;
    int64_t seq;
    int r = runs_get(db, "ended", &fixture.arena, &run);

    (void)data;
    if (r != 0)
        return r;
    run.error = "oh";
    r = runs_update(db, &run);
    return r != 0 ? r : runs_stop(db, &run, "{\"reason\":\"x\"}", NOW, &seq);
}

static int pin_body(struct store_db *db, void *data)
{
    return runs_pin(db, "ended", *(bool *)data);
}

static int attach_body(struct store_db *db, void *data)
{
    const struct attachment_row row = {
        .run_id = "r", .pid = 4711, .boot_id = "boot", .start_ticks = 5};
    struct attachment_row found;
    int r = attachment_rows_put(db, &row);

    (void)data;
    if (r == 0)
        r = attachment_rows_get(db, "r", &fixture.arena, &found);
    return r != 0 ? r : attachment_rows_drop(db, "r");
}

static int checkpoint_body(struct store_db *db, void *data)
{
    int64_t pages, done;

    (void)data;
    return store_checkpoint(db, &pages, &done);
}

static int count_one(void *data, const struct event_row *event)
{
    (void)event;
    ++*(int *)data;
    return 0;
}

static int lists_body(struct store_db *db, void *data)
{
    struct event_filter filter = {.run_id = "r", .type = "unit", .unit = "u"};
    struct event_scope scope = {.filter = &filter, .limit = 10, .bytes = 1000};
    struct run_filter runs = {.repo_path = "/r"};
    struct run_cursor cursor = {.started_at = "9", .id = "z"};
    struct event_row event;
    struct graph_row graph;
    struct run_page page;
    int64_t number;
    bool more;
    int n = 0, r;

    (void)data;
    r = events_list(db, &scope, count_one, &n, &more);
    if (r >= 0)
        r = events_count(db, &filter, &number);
    if (r >= 0)
        r = events_last(db, "r", &fixture.arena, &more, &event);
    if (r >= 0)
        r = events_last_seq_of_type(db, "r", "unit.failed", &number);
    if (r >= 0)
        r = runs_list(db, &runs, &cursor, 0, 10, 1000, &fixture.arena, &page);
    if (r >= 0)
        r = runs_count(db, &runs, &number);
    return r < 0 ? r : graphs_get(db, "r", &fixture.arena, &graph);
}

static int watch_body(struct store_db *db, void *data)
{
    struct event_filter filter = {.repo_path = "/r"};
    struct watch_scope scope = {.filter = &filter, .limit = 100, .bytes = 10000};
    struct watch_position position;
    struct watch_page page;
    int64_t id;
    int r = watch_position_now(db, &position);

    (void)data;
    if (r == 0)
        r = watch_event_before_seq(db, "r", 1, &id);
    if (r == 0)
        r = watch_oldest(db, &id);
    return r != 0 ? r : watch_page_read(db, &scope, &fixture.arena, &page);
}

static int integrity_body(struct store_db *db, void *data)
{
    const struct integrity_scope scope = {.quick = false};
    const char *const *problems;
    size_t n;

    (void)data;
    return store_check_integrity(db, &scope, &fixture.arena, &problems, &n);
}

static int plan_body(struct store_db *db, void *data)
{
    struct removal_rules rules = {
        .ended_before = "2026-02", .runs_per_repo = 1, .database_bytes = 1};
    struct removal_plan plan;
    int r = 0;

    (void)data;
    removal_plan_init(&plan, &rules, true, 10);
    while (r == 0 && plan.stage != PLAN_DONE)
        r = removal_plan_step(&plan, db, 1000000);
    removal_plan_clear(&plan);
    return r;
}

static int mark_body(struct store_db *db, void *data)
{
    (void)data;
    return removal_mark(db, "old", NULL, &(bool){false});
}

static int remove_body(struct store_db *db, void *data)
{
    struct removal_work work = {.limit = 0};
    struct vacuum_work vacuum = {.limit = 0};
    int r = 0;

    (void)data;
    for (int i = 0; i < 20 && r == 0 && !work.done; i++)
        r = removal_step(&work, db, 1000);
    for (int i = 0; i < 20 && r == 0 && !vacuum.done; i++)
        r = vacuum_step(&vacuum, db, 1000);
    return r;
}

static int begin_body(struct store_db *db, void *data)
{
    char problem[BACKUP_PROBLEM_SIZE];

    return store_backup_begin(db, data, BACKUP, problem);
}

static int step_body(struct store_db *db, void *data)
{
    char problem[BACKUP_PROBLEM_SIZE];

    return store_backup_step(db, data, problem);
}

/* It takes the backup in any case; a job that never ran leaves it. */
static int publish_body(struct store_db *db, void *data)
{
    struct store_backup **place = data;
    struct store_backup *backup = *place;
    char problem[BACKUP_PROBLEM_SIZE];
    int64_t bytes;

    *place = NULL;
    return store_backup_publish(db, backup, NULL, &bytes, problem);
}

static int cancel_body(struct store_db *db, void *data)
{
    (void)data;
    store_backup_cancel(db);
    return 0;
}

int work_back_up(const char *folder)
{
    struct store_backup_progress progress = {.pages_done = 0};
    char problem[BACKUP_PROBLEM_SIZE];
    int r = run_exclusive(begin_body, (void *)(uintptr_t)folder);

    while (r == 0 && !progress.written) {
        r = run_exclusive(step_body, &progress);
        if (r == 0 && progress.flush)
            r = store_backup_flush(progress.flush, problem);
    }
    if (r == 0)
        r = run_read(publish_body, &progress.written);
    else
        run_exclusive(cancel_body, NULL);
    store_backup_discard(progress.written);
    store_backup_tidy(folder);
    store_backup_rotate(folder, "", 1);
    return r;
}

void work_do(int (*note)(int result), int *ret_acknowledged)
{
    bool pinned = true;

    for (int first = 1; first < EVENTS; first += 2)
        if (note(run_write(append_body, &first)) == 0)
            *ret_acknowledged = first + 1;
    note(run_write(graph_body, NULL));
    note(run_write(run_body, NULL));
    note(run_write(pin_body, &pinned));
    note(run_write(attach_body, NULL));
    note(run_read(lists_body, NULL));
    note(run_read(watch_body, NULL));
    note(run_read(integrity_body, NULL));
    note(run_read(plan_body, NULL));
    note(run_write(mark_body, NULL));
    note(run_exclusive(remove_body, NULL));
    note(run_exclusive(checkpoint_body, NULL));
}
