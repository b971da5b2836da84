/*
 * Checking the whole database. It takes as long as it takes, in one read transaction; a store that
 * closes does not wait for it.
 */
#include <string.h>

#include "store_db.h"

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

static int problem_add(struct problem_list *list, const char *text)
{
    char *copy = text ? arena_strdup(list->arena, text) : NULL;

    if (!copy)
        return STORE_NO_MEMORY;
    list->texts[list->n_texts++] = copy;
    return 0;
}

static int pages_check(struct store_db *db, bool quick, struct problem_list *list)
{
    sqlite3_stmt *statement = NULL;
    const char *sql = quick ? "PRAGMA quick_check(100)" : "PRAGMA integrity_check(100)";
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    int r = 0;

    while (rc == SQLITE_OK && r == 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);

        if ((!text || strcmp(text, "ok") != 0) && list->n_texts < PROBLEMS_MAX)
            r = problem_add(list, text);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    if (r < 0)
        return r;
    return rc == SQLITE_DONE ? 0 : db_failure(db, rc);
}

/* What is only the daemon's: where a tool that checks no foreign keys deleted a run, a row stays
 * behind and means nothing. */
static int keys_check(struct store_db *db, struct problem_list *list)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(
        db->handle,
        "SELECT printf('row %d of %s refers to a row of %s that is missing',"
        " rowid, \"table\", parent) FROM pragma_foreign_key_check"
        " WHERE \"table\" NOT IN ('run_changes', 'pins', 'attachments', 'removals')"
        " LIMIT 100",
        -1, &statement, NULL);
    int r = 0;

    while (rc == SQLITE_OK && r == 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (list->n_texts < PROBLEMS_MAX)
            r = problem_add(list, (const char *)sqlite3_column_text(statement, 0));
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    if (r < 0)
        return r;
    return rc == SQLITE_DONE ? 0 : db_failure(db, rc);
}

int store_check_integrity(struct store_db *db, bool quick, struct arena *arena,
                          const char *const **ret_problems, size_t *ret_n_problems)
{
    struct problem_list list = {.arena = arena};
    int r;

    list.texts = arena_alloc(arena, PROBLEMS_MAX * sizeof(*list.texts));
    if (!list.texts)
        return STORE_NO_MEMORY;
    sqlite3_progress_handler(db->handle, HURRY_STEPS, hurry_asked, db);
    r = pages_check(db, quick, &list);
    if (r == 0)
        r = keys_check(db, &list);
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    if (r < 0)
        return r;
    *ret_problems = list.texts;
    *ret_n_problems = list.n_texts;
    return 0;
}
