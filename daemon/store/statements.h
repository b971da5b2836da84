/*
 * statements: the one list of the SQL the store runs.
 *
 * A connection prepares each statement once and keeps it (see store_db.h). The indexes are named
 * where the plan matters: the planner knows nothing of the sizes here, and a version-1 tool may
 * have left statistics behind that would change its mind. Fixed for the same reason: a database
 * whose indexes were dropped is refused at open, not slow later.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>

enum statement_id {
    STATEMENT_BEGIN_READ,
    STATEMENT_BEGIN_WRITE,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_DATA_VERSION,
    STATEMENT_BOOT_INSERT,

    STATEMENT_RUN_GET,
    STATEMENT_RUN_STATUS,
    STATEMENT_RUN_LAST_SEQ,
    STATEMENT_RUN_INSERT,
    STATEMENT_RUN_UPDATE,
    STATEMENT_RUNS_RUNNING,
    /* The four of a kind are in the order of enum run_selection. */
    STATEMENT_RUNS_LIST,
    STATEMENT_RUNS_LIST_REPO,
    STATEMENT_RUNS_LIST_STATUS,
    STATEMENT_RUNS_LIST_REPO_STATUS,
    STATEMENT_RUNS_COUNT,
    STATEMENT_RUNS_COUNT_REPO,
    STATEMENT_RUNS_COUNT_STATUS,
    STATEMENT_RUNS_COUNT_REPO_STATUS,

    STATEMENT_EVENT_INSERT,
    STATEMENT_EVENT_AT,
    STATEMENT_EVENT_LAST,
    STATEMENT_EVENT_LAST_OF_TYPE,
    STATEMENT_EVENTS_LIST,
    STATEMENT_EVENTS_LIST_FILTERED,
    STATEMENT_EVENTS_COUNT,
    STATEMENT_EVENTS_COUNT_FILTERED,
    STATEMENT_EVENTS_LAST_ID,
    STATEMENT_EVENTS_OLDEST_ID,

    STATEMENT_WATCH_ALL,
    STATEMENT_WATCH_REPO,
    STATEMENT_WATCH_RUN,
    STATEMENT_WATCH_NEXT_ID,
    STATEMENT_WATCH_RUN_BOUND,
    STATEMENT_WATCH_RUN_FIRST,
    STATEMENT_WATCH_RUN_AFTER,

    STATEMENT_CHANGE_PUT,
    STATEMENT_CHANGE_LAST,
    STATEMENT_CHANGES_ALL,
    STATEMENT_CHANGES_REPO,
    STATEMENT_CHANGES_RUN,

    STATEMENT_GRAPH_PUT,
    STATEMENT_GRAPH_GET,

    STATEMENT_PIN_PUT,
    STATEMENT_PIN_DELETE,

    STATEMENT_REMOVALS_FIRST,
    STATEMENT_REMOVAL_PUT,
    STATEMENT_REMOVAL_EVENTS,
    STATEMENT_EVENT_DELETE,
    STATEMENT_GRAPH_DELETE,
    STATEMENT_RUN_DELETE,
    STATEMENT_EVENTS_OLDEST_KEPT,
    STATEMENT_PAGES_FREE,
    STATEMENT_PAGES,
    STATEMENT_PAGE_SIZE,
    STATEMENT_AUTO_VACUUM,

    STATEMENT_PLAN_ENDED,
    STATEMENT_PLAN_REPO_NEXT,
    STATEMENT_PLAN_REPO_KEPT,
    STATEMENT_PLAN_REPO_ENDED,
    STATEMENT_PLAN_NEWER,
    STATEMENT_PLAN_EVENTS,
    STATEMENT_PLAN_GRAPH,

    STATEMENT_COUNT,
};

const char *statement_sql(enum statement_id id);

/* Whether every statement can be prepared against the schema `handle` sees; else the reason is in
 * sqlite3_errmsg(). */
bool statements_fit(sqlite3 *handle);
