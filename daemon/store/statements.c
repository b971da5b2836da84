#include "statements.h"

#include "columns.h"

#define RUN_NAMES          COLUMN_NAMES(RUN_COLUMNS)
#define RUN_PLACES         COLUMN_PLACES(RUN_COLUMNS)
#define RUN_SETTINGS       COLUMN_SETTINGS(RUN_CHANGING_COLUMNS)
#define RUN_SAME           COLUMNS_SAME(RUN_CHANGING_COLUMNS)
#define EVENT_NAMES        COLUMN_NAMES(EVENT_COLUMNS)
#define EVENT_GIVEN_NAMES  COLUMN_NAMES(EVENT_GIVEN_COLUMNS)
#define EVENT_GIVEN_PLACES COLUMN_PLACES(EVENT_GIVEN_COLUMNS)
#define GRAPH_NAMES        COLUMN_NAMES(GRAPH_COLUMNS)
#define GRAPH_PLACES       COLUMN_PLACES(GRAPH_COLUMNS)
#define ATTACHMENT_NAMES   COLUMN_NAMES(ATTACHMENT_COLUMNS)
#define ATTACHMENT_PLACES  COLUMN_PLACES(ATTACHMENT_COLUMNS)

#define RUNS_BY_ID        "runs INDEXED BY sqlite_autoindex_runs_1"
/* The unique constraint's index: (run_id, seq). */
#define EVENTS_BY_SEQ     "events INDEXED BY sqlite_autoindex_events_1"
/* The index on run_id ends in the rowid as every index does: (run_id, id). */
#define EVENTS_BY_ID      "events INDEXED BY idx_events_run"
/* The unique constraint on `change`; the first index is the primary key. */
#define CHANGES_BY_CHANGE "run_changes INDEXED BY sqlite_autoindex_run_changes_2"

#define LAST_SEQ                                                                                   \
    "coalesce((SELECT seq FROM " EVENTS_BY_SEQ                                                     \
    " WHERE run_id = runs.id ORDER BY seq DESC LIMIT 1), 0) AS last_seq"
#define PINNED           "EXISTS (SELECT 1 FROM pins WHERE pins.run_id = runs.id) AS pinned"
#define RUN_SELECTION    RUN_NAMES ", " LAST_SEQ ", " PINNED
#define CHANGE_SELECTION "change, after_event_id, " RUN_SELECTION

/* Not one of the runs that are being deleted. Mostly there are none, which is found out once a
 * statement, not once a row. */
#define KEPT(run)                                                                                  \
    "((SELECT min(run_id) FROM removals) IS NULL"                                                  \
    " OR NOT EXISTS (SELECT 1 FROM removals WHERE removals.run_id = " run "))"
#define AND_KEPT " AND " KEPT("runs.id")

/* The bounds are always given: the lower end is below every value and the upper one above. */
#define RUNS_BETWEEN                                                                               \
    "started_at > :started_after AND (started_at, id) < (:before_started_at, :before_id)" AND_KEPT
#define RUNS_LIST(index, filter)                                                                   \
    "SELECT " RUN_SELECTION " FROM runs INDEXED BY " index " WHERE " filter RUNS_BETWEEN           \
    " ORDER BY started_at DESC, id DESC LIMIT :limit OFFSET :offset"
#define RUNS_COUNT(index, filter)                                                                  \
    "SELECT count(*) FROM runs INDEXED BY " index " WHERE " filter RUNS_BETWEEN

#define OF_REPO   "repo_path = :repo_path AND "
#define OF_STATUS "status = :status AND "

/* '/' is the character behind '.': the range holds the types that start with "prefix.". */
#define EVENT_PASSES                                                                               \
    " AND (:type IS NULL OR type = :type OR (type > :type || '.' AND type < :type || '/'))"        \
    " AND (:unit IS NULL OR unit = :unit) AND (:task IS NULL OR task = :task)"

#define EVENTS_LIST(filter)                                                                        \
    "SELECT " EVENT_NAMES " FROM " EVENTS_BY_SEQ                                                   \
    " WHERE run_id = :run_id AND seq > :after_seq" filter                                          \
    " ORDER BY seq LIMIT :limit OFFSET :offset"

/* What a watcher sees of events: filters, and numbers it knows from elsewhere left out. */
#define WATCH_PASSES                                                                               \
    EVENT_PASSES " AND (id > :replay_until OR seq > :minimum_seq) AND " KEPT("events.run_id")
#define WATCH_RANGE " id > :after_id AND id <= :until_id"
#define WATCH_END   " ORDER BY id LIMIT :limit"

/* Runs that ended, the oldest first. */
#define ENDED          "coalesce(completed_at, started_at)"
#define PLAN_SELECTION "SELECT id, " ENDED ", repo_path FROM runs INDEXED BY "
#define PLAN_PASSES                                                                                \
    " status <> 'running' AND NOT EXISTS (SELECT 1 FROM pins WHERE pins.run_id = "                 \
    "runs.id)" AND_KEPT
/* The bounds of the end alone are what the index is entered by. */
#define PLAN_AFTER " AND " ENDED " >= :after_ended AND (" ENDED ", id) > (:after_ended, :after_id)"
#define PLAN_END   " ORDER BY " ENDED ", id LIMIT 1"

#define CHANGES_END " AND change > :after_change ORDER BY change LIMIT :limit"

static const char *const statements[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN_READ] = "BEGIN",
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_DATA_VERSION] = "PRAGMA data_version",
    [STATEMENT_BOOT_INSERT] = "INSERT INTO boots (started_at, pid, version)"
                              " VALUES (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), :pid, :version)",
    [STATEMENT_BOOT_DELETE_NEWEST] = "DELETE FROM boots WHERE id = (SELECT max(id) FROM boots)",

    [STATEMENT_RUN_GET] = "SELECT " RUN_SELECTION " FROM " RUNS_BY_ID " WHERE id = :id" AND_KEPT,
    [STATEMENT_RUN_STATUS] = "SELECT status FROM " RUNS_BY_ID " WHERE id = :id" AND_KEPT,
    [STATEMENT_RUN_LAST_SEQ] = "SELECT " LAST_SEQ " FROM " RUNS_BY_ID " WHERE id = :id" AND_KEPT,
    [STATEMENT_RUN_INSERT] = "INSERT INTO runs (" RUN_NAMES ") VALUES (" RUN_PLACES ")"
                             " ON CONFLICT (id) DO NOTHING",
    [STATEMENT_RUN_UPDATE] =
        "UPDATE " RUNS_BY_ID " SET " RUN_SETTINGS " WHERE id = :id AND NOT (" RUN_SAME ")",
    [STATEMENT_RUNS_RUNNING] = "SELECT count(*) FROM runs INDEXED BY idx_runs_status"
                               " WHERE status = 'running'",
    [STATEMENT_RUNS_LIST] = RUNS_LIST("idx_runs_newest", ""),
    [STATEMENT_RUNS_LIST_REPO] = RUNS_LIST("idx_runs_listing", OF_REPO),
    [STATEMENT_RUNS_LIST_STATUS] = RUNS_LIST("idx_runs_status_listing", OF_STATUS),
    [STATEMENT_RUNS_LIST_REPO_STATUS] =
        RUNS_LIST("idx_runs_repo_status_listing", OF_REPO OF_STATUS),
    [STATEMENT_RUNS_COUNT] = RUNS_COUNT("idx_runs_newest", ""),
    [STATEMENT_RUNS_COUNT_REPO] = RUNS_COUNT("idx_runs_listing", OF_REPO),
    [STATEMENT_RUNS_COUNT_STATUS] = RUNS_COUNT("idx_runs_status_listing", OF_STATUS),
    [STATEMENT_RUNS_COUNT_REPO_STATUS] =
        RUNS_COUNT("idx_runs_repo_status_listing", OF_REPO OF_STATUS),

    [STATEMENT_EVENT_INSERT] = "INSERT INTO events (" EVENT_GIVEN_NAMES ")"
                               " VALUES (" EVENT_GIVEN_PLACES ")",
    [STATEMENT_EVENT_AT] =
        "SELECT " EVENT_NAMES " FROM " EVENTS_BY_SEQ " WHERE run_id = :run_id AND seq = :seq",
    [STATEMENT_EVENT_LAST] = "SELECT " EVENT_NAMES " FROM " EVENTS_BY_SEQ
                             " WHERE run_id = :run_id ORDER BY seq DESC LIMIT 1",
    [STATEMENT_EVENT_LAST_OF_TYPE] =
        "SELECT seq FROM " EVENTS_BY_SEQ " WHERE run_id = :run_id AND type = :type"
        " ORDER BY seq DESC LIMIT 1",
    [STATEMENT_EVENTS_LIST] = EVENTS_LIST(""),
    [STATEMENT_EVENTS_LIST_FILTERED] = EVENTS_LIST(EVENT_PASSES),
    [STATEMENT_EVENTS_COUNT] = "SELECT count(*) FROM " EVENTS_BY_SEQ " WHERE run_id = :run_id",
    [STATEMENT_EVENTS_COUNT_FILTERED] =
        "SELECT count(*) FROM " EVENTS_BY_SEQ " WHERE run_id = :run_id" EVENT_PASSES,
    /* Ids are never given twice, also not when the newest events were deleted. */
    [STATEMENT_EVENTS_LAST_ID] =
        "SELECT max(coalesce((SELECT max(id) FROM events), 0),"
        " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))",
    [STATEMENT_EVENTS_OLDEST_ID] = "SELECT min(id) FROM events",

    [STATEMENT_WATCH_ALL] = "SELECT " EVENT_NAMES " FROM events NOT INDEXED"
                            " WHERE" WATCH_RANGE WATCH_PASSES WATCH_END,
    [STATEMENT_WATCH_REPO] = "SELECT " EVENT_NAMES " FROM events NOT INDEXED"
                             " WHERE" WATCH_RANGE WATCH_PASSES " AND (SELECT repo_path"
                             " FROM " RUNS_BY_ID " WHERE runs.id = run_id) = :repo_path" WATCH_END,
    [STATEMENT_WATCH_RUN] = "SELECT " EVENT_NAMES " FROM " EVENTS_BY_ID
                            " WHERE run_id = :run_id AND (:repo_path IS NULL OR (SELECT repo_path"
                            " FROM " RUNS_BY_ID " WHERE runs.id = :run_id) = :repo_path)"
                            " AND" WATCH_RANGE WATCH_PASSES WATCH_END,
    [STATEMENT_WATCH_NEXT_ID] = "SELECT min(id) FROM events WHERE id > :after_id",
    [STATEMENT_WATCH_RUN_BOUND] =
        "SELECT id FROM " EVENTS_BY_ID " WHERE run_id = :run_id AND id > :after_id"
        " ORDER BY id LIMIT 1 OFFSET :looked_at",
    [STATEMENT_WATCH_RUN_FIRST] =
        "SELECT id, seq FROM " EVENTS_BY_ID " WHERE run_id = :run_id ORDER BY id LIMIT 1",
    [STATEMENT_WATCH_RUN_AFTER] =
        "SELECT min(id) FROM " EVENTS_BY_SEQ " WHERE run_id = :run_id AND seq > :after_seq",

    [STATEMENT_CHANGE_PUT] = "INSERT INTO run_changes (run_id, change, after_event_id)"
                             " VALUES (:run_id, :change, :after_event_id)"
                             " ON CONFLICT (run_id) DO UPDATE SET change = excluded.change,"
                             " after_event_id = excluded.after_event_id",
    [STATEMENT_CHANGE_LAST] = "SELECT max(change) FROM run_changes",
    [STATEMENT_CHANGES_ALL] =
        "SELECT " CHANGE_SELECTION " FROM " CHANGES_BY_CHANGE " LEFT JOIN " RUNS_BY_ID
        " ON id = run_id" AND_KEPT " WHERE true" CHANGES_END,
    [STATEMENT_CHANGES_REPO] =
        "SELECT " CHANGE_SELECTION " FROM " CHANGES_BY_CHANGE " LEFT JOIN " RUNS_BY_ID
        " ON id = run_id AND repo_path = :repo_path" AND_KEPT " WHERE true" CHANGES_END,
    [STATEMENT_CHANGES_RUN] = "SELECT " CHANGE_SELECTION " FROM run_changes"
                              " LEFT JOIN " RUNS_BY_ID " ON id = run_id"
                              " AND (:repo_path IS NULL OR repo_path = :repo_path)" AND_KEPT
                              " WHERE run_id = :run_id AND change > :after_change LIMIT :limit",

    [STATEMENT_GRAPH_PUT] = "INSERT INTO graphs (" GRAPH_NAMES ", run_id)"
                            " VALUES (" GRAPH_PLACES ", :run_id)"
                            " ON CONFLICT (run_id) DO UPDATE SET nodes = excluded.nodes,"
                            " edges = excluded.edges, levels = excluded.levels",
    [STATEMENT_GRAPH_GET] = "SELECT " GRAPH_NAMES " FROM graphs WHERE run_id = :run_id"
                            " AND " KEPT("graphs.run_id"),
    [STATEMENT_PAYLOADS_ALL] =
        "SELECT id, run_id, seq, payload FROM events NOT INDEXED WHERE payload IS NOT NULL",
    [STATEMENT_GRAPHS_ALL] = "SELECT run_id, " GRAPH_NAMES " FROM graphs NOT INDEXED",

    [STATEMENT_PIN_PUT] =
        "INSERT INTO pins (run_id, pinned_at)"
        " VALUES (:run_id, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')) ON CONFLICT DO NOTHING",
    [STATEMENT_PIN_DELETE] = "DELETE FROM pins WHERE run_id = :run_id",

    [STATEMENT_REMOVALS_FIRST] = "SELECT min(run_id) FROM removals",
    [STATEMENT_REMOVAL_PUT] =
        "INSERT INTO removals (run_id) SELECT id FROM " RUNS_BY_ID " WHERE id = :id AND"
        " (:ended IS NULL OR " ENDED " = :ended) AND" PLAN_PASSES,
    [STATEMENT_REMOVAL_EVENTS] =
        "SELECT id FROM " EVENTS_BY_ID " WHERE run_id = :run_id ORDER BY id LIMIT :limit",
    [STATEMENT_EVENT_DELETE] = "DELETE FROM events WHERE id = :id",
    [STATEMENT_GRAPH_DELETE] = "DELETE FROM graphs WHERE run_id = :run_id",
    [STATEMENT_RUN_DELETE] = "DELETE FROM " RUNS_BY_ID " WHERE id = :id",
    [STATEMENT_EVENTS_OLDEST_KEPT] = "SELECT id FROM events NOT INDEXED WHERE id > 0 AND " KEPT(
        "events.run_id") " ORDER BY id LIMIT 1",
    [STATEMENT_PAGES_FREE] = "PRAGMA freelist_count",
    [STATEMENT_PAGES] = "PRAGMA page_count",
    [STATEMENT_PAGE_SIZE] = "PRAGMA page_size",
    [STATEMENT_AUTO_VACUUM] = "PRAGMA auto_vacuum",

    [STATEMENT_PLAN_ENDED] = PLAN_SELECTION "idx_runs_ended WHERE" PLAN_PASSES PLAN_AFTER
                                            " AND " ENDED " < :before_ended" PLAN_END,
    [STATEMENT_PLAN_REPO_NEXT] = "SELECT min(repo_path) FROM runs INDEXED BY idx_runs_repo_ended"
                                 " WHERE status <> 'running' AND repo_path > :repo_path",
    [STATEMENT_PLAN_REPO_KEPT] = PLAN_SELECTION "idx_runs_repo_ended WHERE repo_path = :repo_path"
                                                " AND" PLAN_PASSES " ORDER BY " ENDED
                                                " DESC, id DESC LIMIT 1 OFFSET :kept - 1",
    [STATEMENT_PLAN_REPO_ENDED] =
        PLAN_SELECTION "idx_runs_repo_ended WHERE repo_path = :repo_path AND" PLAN_PASSES PLAN_AFTER
                       " AND " ENDED " <= :before_ended"
                       " AND (" ENDED ", id) < (:before_ended, :before_id)" PLAN_END,
    [STATEMENT_PLAN_NEWER] =
        "SELECT 1 FROM runs INDEXED BY idx_runs_repo_ended WHERE repo_path = :repo_path"
        " AND" PLAN_PASSES PLAN_AFTER " LIMIT 1 OFFSET :kept - 1",
    [STATEMENT_PLAN_EVENTS] =
        "SELECT id, coalesce(length(payload), 0) + coalesce(length(error), 0)"
        " + 2 * coalesce(length(unit), 0) + 2 * length(type) + length(time) FROM " EVENTS_BY_ID
        " WHERE run_id = :run_id AND id > :after_id ORDER BY id",
    [STATEMENT_PLAN_GRAPH] = "SELECT length(nodes) + length(edges) + length(levels) FROM graphs"
                             " WHERE run_id = :run_id",

    [STATEMENT_ATTACHMENT_PUT] =
        "INSERT INTO attachments (" ATTACHMENT_NAMES ") VALUES (" ATTACHMENT_PLACES ")"
        " ON CONFLICT (run_id) DO UPDATE SET pid = excluded.pid, boot_id = excluded.boot_id,"
        " start_ticks = excluded.start_ticks",
    [STATEMENT_ATTACHMENT_DROP] = "DELETE FROM attachments WHERE run_id = :run_id",
    [STATEMENT_ATTACHMENT_GET] =
        "SELECT " ATTACHMENT_NAMES " FROM attachments WHERE run_id = :run_id",
    /* There are few rows: each is a run that runs, or was ended by another program. */
    [STATEMENT_ATTACHMENTS_RUNNING] =
        "SELECT " ATTACHMENT_NAMES " FROM attachments WHERE (SELECT status FROM " RUNS_BY_ID
        " WHERE id = run_id) = 'running'",
    [STATEMENT_TEXTS_EVENTS] = "SELECT id, run_id, payload, error FROM events NOT INDEXED"
                               " WHERE id > :after_id AND id <= :until_id ORDER BY id LIMIT :limit",
    [STATEMENT_TEXTS_RUNS] = "SELECT 0, id, error, NULL FROM " RUNS_BY_ID
                             " WHERE id > :after_id ORDER BY id LIMIT :limit",
    [STATEMENT_TEXTS_GRAPHS] =
        "SELECT 0, run_id, nodes, NULL FROM graphs INDEXED BY sqlite_autoindex_graphs_1"
        " WHERE run_id > :after_id ORDER BY run_id LIMIT :limit",
    [STATEMENT_TEXTS_EVENT_PUT] =
        "UPDATE events SET payload = :payload, error = :error WHERE id = :id",
    [STATEMENT_TEXTS_RUN_PUT] = "UPDATE " RUNS_BY_ID " SET error = :error WHERE id = :id",
    [STATEMENT_TEXTS_GRAPH_PUT] = "UPDATE graphs SET nodes = :nodes WHERE run_id = :run_id",
};

const char *statement_sql(enum statement_id id)
{
    return statements[id];
}

bool statements_fit(sqlite3 *handle)
{
    for (int id = 0; id < STATEMENT_COUNT; id++) {
        sqlite3_stmt *statement = NULL;
        int rc = sqlite3_prepare_v3(handle, statements[id], -1, 0, &statement, NULL);

        sqlite3_finalize(statement);
        if (rc != SQLITE_OK)
            return false;
    }
    return true;
}
