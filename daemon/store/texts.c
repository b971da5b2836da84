#include "texts.h"

#include <string.h>

#include "rows.h"

static const struct field text_fields_list[] = {
    {FIELD_INTEGER, offsetof(struct text_row, event_id), 0},
    {FIELD_TEXT, offsetof(struct text_row, run_id), 0},
    {FIELD_OPTIONAL, offsetof(struct text_row, first), 0},
    {FIELD_OPTIONAL, offsetof(struct text_row, second), 0},
};
static const struct field_table text_fields = {text_fields_list, 4};

static const enum statement_id reading[TEXT_TABLES] = {
    [TEXTS_EVENTS] = STATEMENT_TEXTS_EVENTS,
    [TEXTS_RUNS] = STATEMENT_TEXTS_RUNS,
    [TEXTS_GRAPHS] = STATEMENT_TEXTS_GRAPHS,
};

static int page_fill(struct query *query, const struct text_scope *scope, struct arena *arena,
                     struct text_page *page)
{
    int64_t bytes = 0;
    int r;

    while ((r = query_step(query)) > 0) {
        if (page->n_rows == (size_t)scope->limit || (page->n_rows > 0 && bytes >= scope->bytes)) {
            page->has_more = true;
            return 0;
        }
        r = row_read(query, 0, &text_fields, arena, &page->rows[page->n_rows], &bytes);
        if (r < 0)
            return r;
        page->n_rows++;
    }
    return r;
}

int texts_read(struct store_db *db, struct text_scope *scope, struct arena *arena,
               struct text_page *ret_page)
{
    struct text_page page = {.n_rows = 0};
    struct query query;
    int r = 0;

    page.rows = arena_alloc(arena, (size_t)scope->limit * sizeof(*page.rows));
    if (!page.rows)
        return STORE_NO_MEMORY;
    if (scope->table == TEXTS_EVENTS && scope->until_event_id == 0)
        r = db_run_int(db, STATEMENT_EVENTS_LAST_ID, &scope->until_event_id);
    if (r < 0)
        return r;
    query_start(&query, db, reading[scope->table]);
    if (scope->table == TEXTS_EVENTS) {
        query_bind_int(&query, ":after_id", scope->after_event_id);
        query_bind_int(&query, ":until_id", scope->until_event_id);
    } else {
        query_bind_text(&query, ":after_id", scope->after_run_id);
    }
    query_bind_int(&query, ":limit", scope->limit + 1);
    r = page_fill(&query, scope, arena, &page);
    query_end(&query);
    if (r == 0)
        *ret_page = page;
    return r;
}

int texts_write(struct store_db *db, enum text_table table, const struct text_row *row)
{
    struct query query;
    int r;

    switch (table) {
    case TEXTS_EVENTS:
        query_start(&query, db, STATEMENT_TEXTS_EVENT_PUT);
        query_bind_int(&query, ":id", row->event_id);
        query_bind_text(&query, ":payload", row->first);
        query_bind_text(&query, ":error", row->second);
        break;
    case TEXTS_RUNS:
        query_start(&query, db, STATEMENT_TEXTS_RUN_PUT);
        query_bind_text(&query, ":id", row->run_id);
        query_bind_text(&query, ":error", row->first);
        break;
    case TEXTS_GRAPHS:
        query_start(&query, db, STATEMENT_TEXTS_GRAPH_PUT);
        query_bind_text(&query, ":run_id", row->run_id);
        query_bind_text(&query, ":nodes", row->first);
        break;
    }
    r = query_step(&query);
    query_end(&query);
    db->transaction.bytes +=
        (int64_t)((row->first ? strlen(row->first) : 0) + (row->second ? strlen(row->second) : 0));
    return r;
}
