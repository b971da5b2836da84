#include "store_model.h"

#include <stdio.h>
#include <string.h>

struct model model;
const char *const model_repos[2] = {"/a", "/b"};
const char *const model_types[4] = {"unit.started", "unit", "unity.x", "task.done"};

void run_name(int run, char ret_name[8])
{
    snprintf(ret_name, 8, "run%d", run);
}

static int type_number(const char *type)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(type, model_types[i]) == 0)
            return i;
    ck_abort_msg("type %s", type);
    return -1;
}

static void model_read_events(sqlite3 *handle)
{
    sqlite3_stmt *statement = NULL;

    ck_assert_int_eq(sqlite3_prepare_v2(handle,
                                        "SELECT id, substr(run_id, 4), seq, type, task FROM events"
                                        " ORDER BY id LIMIT -1 OFFSET ?",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)model.n_events);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        ck_assert_uint_lt(model.n_events, EVENTS_MAX);
        model.events[model.n_events++] = (struct model_event){
            .id = sqlite3_column_int64(statement, 0),
            .run = sqlite3_column_int(statement, 1),
            .seq = sqlite3_column_int64(statement, 2),
            .type = type_number((const char *)sqlite3_column_text(statement, 3)),
            .task = sqlite3_column_int64(statement, 4)};
    }
    sqlite3_finalize(statement);
}

int64_t model_last_id(void)
{
    return model.n_events ? model.events[model.n_events - 1].id : 0;
}

static void model_read_changes(sqlite3 *handle, bool one_commit)
{
    sqlite3_stmt *statement = NULL;
    int64_t last_change = 0;
    int64_t last_after = 0;

    ck_assert_int_eq(sqlite3_prepare_v2(handle,
                                        "SELECT substr(run_id, 4), change, after_event_id"
                                        " FROM run_changes ORDER BY change",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int run = sqlite3_column_int(statement, 0);
        int64_t change = sqlite3_column_int64(statement, 1);
        int64_t after = sqlite3_column_int64(statement, 2);

        ck_assert_int_gt(change, last_change);
        ck_assert_int_ge(after, last_after);
        if (change != model.changes[run] && one_commit)
            ck_assert_int_eq(after, model_last_id());
        ck_assert_int_le(after, model_last_id());
        model.changes[run] = change;
        model.told_after[run] = after;
        last_change = change;
        last_after = after;
    }
    sqlite3_finalize(statement);
}

void model_read(sqlite3 *handle, bool one_commit)
{
    model_read_events(handle);
    model_read_changes(handle, one_commit);
}
