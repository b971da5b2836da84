/*
 * rows: moving rows between statements and the row structs, by field table.
 *
 * A table lists the fields in the order of the columns (see columns.h). Whoever reads a row gives
 * the arena that owns its texts.
 */
#pragma once

#include "attachment_rows.h"
#include "events.h"
#include "graphs.h"
#include "runs.h"
#include "store_db.h"

enum field_kind { FIELD_TEXT, FIELD_OPTIONAL, FIELD_INTEGER, FIELD_FLAG, FIELD_MAYBE };

struct field {
    enum field_kind kind;
    size_t offset;
    size_t has_offset; /* of FIELD_MAYBE */
};

struct field_table {
    const struct field *fields;
    int n_fields;
};

extern const struct field_table run_fields;         /* RUN_COLUMNS, last_seq and pinned */
extern const struct field_table run_written_fields; /* RUN_COLUMNS */
extern const struct field_table run_changing_fields;
extern const struct field_table event_fields;
extern const struct field_table event_given_fields;
extern const struct field_table graph_fields;
extern const struct field_table attachment_fields;

/* Binds the row to the statement's first parameters, which stand in the order of the table. The
 * texts must live until query_end(). Returns their size in bytes. */
int64_t row_bind(struct query *query, const struct field_table *table, const void *row);

/* Reads the current row from `column` on. Returns 0 or STORE_NO_MEMORY; `bytes` grows by the size
 * of the texts. Without an arena the texts are borrowed: they live until the next step. */
int row_read(struct query *query, int column, const struct field_table *table, struct arena *arena,
             void *ret_row, int64_t *bytes);
