/*
 * Listing and counting runs. Which index serves is decided by what is selected by equality; the
 * order and the bounds in time are in every one of them.
 */
#include <string.h>

#include "rows.h"

enum run_selection { SELECT_REPO = 1, SELECT_STATUS = 2 };

/* The page's upper end: behind the cursor, and behind `started_before` in any case. */
static void bind_before(struct query *query, const struct run_filter *filter,
                        const struct run_cursor *cursor)
{
    const char *before = filter->started_before;

    if (cursor && (!before || strcmp(cursor->started_at, before) < 0)) {
        query_bind_text(query, ":before_started_at", cursor->started_at);
        query_bind_text(query, ":before_id", cursor->id);
    } else if (before) {
        /* No id is below the empty one. */
        query_bind_text(query, ":before_started_at", before);
        query_bind_text(query, ":before_id", "");
    } else {
        /* Blobs are above all texts. */
        query_bind_highest(query, ":before_started_at");
        query_bind_highest(query, ":before_id");
    }
}

static void select_start(struct query *query, struct store_db *db, enum statement_id first,
                         const struct run_filter *filter, const struct run_cursor *cursor)
{
    int selection = (filter->repo_path ? SELECT_REPO : 0) | (filter->status ? SELECT_STATUS : 0);

    query_start(query, db, (enum statement_id)((int)first + selection));
    if (filter->repo_path)
        query_bind_text(query, ":repo_path", filter->repo_path);
    if (filter->status)
        query_bind_text(query, ":status", filter->status);
    if (filter->started_after)
        query_bind_text(query, ":started_after", filter->started_after);
    else
        query_bind_lowest(query, ":started_after");
    bind_before(query, filter, cursor);
}

int runs_list(struct store_db *db, const struct run_filter *filter, const struct run_cursor *cursor,
              int64_t offset, int64_t limit, int64_t bytes, struct arena *arena,
              struct run_page *ret_page)
{
    struct run_row *runs = arena_alloc(arena, (size_t)limit * sizeof(*runs));
    struct run_page page = {.runs = runs};
    struct query query;
    int64_t read = 0;
    int r;

    if (!runs)
        return STORE_NO_MEMORY;
    select_start(&query, db, STATEMENT_RUNS_LIST, filter, cursor);
    query_bind_int(&query, ":limit", limit + 1);
    query_bind_int(&query, ":offset", offset);
    while ((r = query_step(&query)) > 0) {
        if (page.n_runs == (size_t)limit || (page.n_runs > 0 && read >= bytes)) {
            page.has_more = true;
            r = 0;
            break;
        }
        r = row_read(&query, 0, &run_fields, arena, &runs[page.n_runs], &read);
        if (r < 0)
            break;
        page.n_runs++;
    }
    query_end(&query);
    if (r == 0)
        *ret_page = page;
    return r;
}

int runs_count(struct store_db *db, const struct run_filter *filter, int64_t *ret_count)
{
    struct query query;

    select_start(&query, db, STATEMENT_RUNS_COUNT, filter, NULL);
    return query_int(&query, ret_count);
}
