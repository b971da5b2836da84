#include "attachment_rows.h"

#include "rows.h"

int attachment_rows_put(struct store_db *db, const struct attachment_row *row)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_ATTACHMENT_PUT);
    db->transaction.bytes += row_bind(&query, &attachment_fields, row);
    r = query_step(&query);
    query_end(&query);
    return r;
}

int attachment_rows_drop(struct store_db *db, const char *run_id)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_ATTACHMENT_DROP);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    query_end(&query);
    return r;
}

int attachment_rows_get(struct store_db *db, const char *run_id, struct arena *arena,
                        struct attachment_row *ret_row)
{
    struct attachment_row row = {.run_id = NULL};
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, db, STATEMENT_ATTACHMENT_GET);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    if (r == 0)
        r = STORE_RUN_NOT_FOUND;
    else if (r > 0)
        r = row_read(&query, 0, &attachment_fields, arena, &row, &bytes);
    query_end(&query);
    if (r == 0)
        *ret_row = row;
    return r;
}

int attachment_rows_running(struct store_db *db,
                            int (*visit)(void *data, const struct attachment_row *row), void *data)
{
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, db, STATEMENT_ATTACHMENTS_RUNNING);
    while ((r = query_step(&query)) > 0) {
        struct attachment_row row;

        r = row_read(&query, 0, &attachment_fields, NULL, &row, &bytes);
        if (r == 0)
            r = visit(data, &row);
        if (r != 0)
            break;
    }
    query_end(&query);
    return r;
}
