/*
 * Checking the whole database. It takes as long as it takes, in one read transaction; a store that
 * closes does not wait for it.
 */
#include <stdio.h>
#include <string.h>

#include "graphs.h"
#include "rows.h"

enum { PROBLEMS_MAX = 100, HURRY_STEPS = 10000 };

struct problem_list {
    struct arena *arena;
    const char **texts;
    size_t n_texts;
};

static int hurry_asked(void *data)
{
    const struct store_db *db = data;

    return atomic_load(db->hurry);
}

static int problem_add(struct problem_list *list, const char *text, size_t size)
{
    char *copy;

    if (list->n_texts == PROBLEMS_MAX)
        return 0;
    copy = text ? arena_copy(list->arena, text, size) : NULL;
    if (!copy)
        return STORE_NO_MEMORY;
    list->texts[list->n_texts++] = copy;
    return 0;
}

/* SQLite puts all that is wrong with the pages into one text, a line each, under a heading. */
static int problems_add(struct problem_list *list, const char *text)
{
    int r = text ? 0 : STORE_NO_MEMORY;

    while (r == 0 && *text) {
        size_t size = strcspn(text, "\n");

        if (size > 0 && strncmp(text, "***", 3) != 0)
            r = problem_add(list, text, size);
        text += size;
        text += *text == '\n';
    }
    return r;
}

/* The end of a part of the check: what SQLite could not read is what was looked for. */
static int part_end(struct store_db *db, int rc, const char *what, struct problem_list *list)
{
    char text[128];

    if (rc == SQLITE_DONE)
        return 0;
    if (!failure_is_damage(rc))
        return db_failure(db, rc);
    snprintf(text, sizeof(text), "%s can't be read to the end: %s", what, sqlite3_errstr(rc));
    return problem_add(list, text, strlen(text));
}

static int rows_check(struct store_db *db, const char *sql, const char *what,
                      struct problem_list *list)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    int r = 0;

    while (rc == SQLITE_OK && r == 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);

        if (!text || strcmp(text, "ok") != 0)
            r = problems_add(list, text);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return r < 0 ? r : part_end(db, rc, what, list);
}

/* What is only the daemon's: where a tool that checks no foreign keys deleted a run, a row stays
 * behind and means nothing. */
static const char keys_sql[] =
    "SELECT printf('row %d of %s refers to a row of %s that is missing',"
    " rowid, \"table\", parent) FROM pragma_foreign_key_check WHERE"
    " \"table\" NOT IN ('run_changes', 'pins', 'attachments', 'removals')"
    " LIMIT 100";

static int graph_look(struct query *query, const struct integrity_scope *scope,
                      struct problem_list *list)
{
    struct graph_row row;
    char words[320] = "";
    char text[512];
    const char *run_id;
    int64_t bytes = 0;
    int r = row_read(query, 1, &graph_fields, NULL, &row, &bytes);

    if (r == 0)
        r = scope->graph_problem(scope->data, &row, words, sizeof(words));
    if (r <= 0)
        return r;
    run_id = (const char *)sqlite3_column_text(query->statement, 0);
    snprintf(text, sizeof(text), "the graph of run %.160s: %s", run_id ? run_id : "", words);
    return problem_add(list, text, strlen(text));
}

static int payload_look(struct query *query, const struct integrity_scope *scope,
                        struct problem_list *list)
{
    const char *payload = (const char *)sqlite3_column_text(query->statement, 3);
    const char *run_id = (const char *)sqlite3_column_text(query->statement, 1);
    char words[320] = "";
    char text[640];
    int r = payload ? scope->payload_problem(scope->data, payload, words, sizeof(words))
                    : STORE_NO_MEMORY;

    if (r <= 0)
        return r;
    snprintf(text, sizeof(text), "the payload of event %lld, number %lld of run %.160s: %s",
             (long long)sqlite3_column_int64(query->statement, 0),
             (long long)sqlite3_column_int64(query->statement, 2), run_id ? run_id : "", words);
    return problem_add(list, text, strlen(text));
}

/* A row is looked at where SQLite holds it, and only one is there at a time. */
static int texts_check(struct store_db *db, enum statement_id statement, const char *what,
                       int (*look)(struct query *query, const struct integrity_scope *scope,
                                   struct problem_list *list),
                       const struct integrity_scope *scope, struct problem_list *list)
{
    struct query query;
    int rc = SQLITE_DONE;
    int r = 0;

    query_start(&query, db, statement);
    while (r == 0 && query.rc == SQLITE_OK && (rc = sqlite3_step(query.statement)) == SQLITE_ROW) {
        r = look(&query, scope, list);
        if (r == 0 && hurry_asked(db))
            r = STORE_BUSY;
    }
    if (r == 0)
        r = part_end(db, query.rc != SQLITE_OK ? query.rc : rc, what, list);
    query_end(&query);
    return r;
}

int store_check_integrity(struct store_db *db, const struct integrity_scope *scope,
                          struct arena *arena, const char *const **ret_problems,
                          size_t *ret_n_problems)
{
    struct problem_list list = {.arena = arena};
    int r;

    list.texts = arena_alloc(arena, PROBLEMS_MAX * sizeof(*list.texts));
    if (!list.texts)
        return STORE_NO_MEMORY;
    sqlite3_progress_handler(db->handle, HURRY_STEPS, hurry_asked, db);
    r = rows_check(db, scope->quick ? "PRAGMA quick_check(100)" : "PRAGMA integrity_check(100)",
                   "the database", &list);
    if (r == 0)
        r = rows_check(db, keys_sql, "the references between tables", &list);
    if (r == 0 && !scope->quick && scope->payload_problem)
        r = texts_check(db, STATEMENT_PAYLOADS_ALL, "the table events", payload_look, scope, &list);
    if (r == 0 && !scope->quick && scope->graph_problem)
        r = texts_check(db, STATEMENT_GRAPHS_ALL, "the table graphs", graph_look, scope, &list);
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    /* A read transaction that met damage can't be committed: a failure that would be the job's. */
    if (list.n_texts > 0 && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    if (r < 0)
        return r;
    *ret_problems = list.texts;
    *ret_n_problems = list.n_texts;
    return 0;
}
