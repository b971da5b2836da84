#include "rows.h"

#include <string.h>

#include "columns.h"

#define AS_TEXT(row, name)                                                                         \
    {                                                                                              \
        FIELD_TEXT, offsetof(row, name), 0                                                         \
    }
#define AS_OPTIONAL(row, name)                                                                     \
    {                                                                                              \
        FIELD_OPTIONAL, offsetof(row, name), 0                                                     \
    }
#define AS_INTEGER(row, name)                                                                      \
    {                                                                                              \
        FIELD_INTEGER, offsetof(row, name), 0                                                      \
    }
#define AS_FLAG(row, name)                                                                         \
    {                                                                                              \
        FIELD_FLAG, offsetof(row, name), 0                                                         \
    }
#define AS_MAYBE(row, name)                                                                        \
    {                                                                                              \
        FIELD_MAYBE, offsetof(row, name), offsetof(row, has_##name)                                \
    }

#define RUN_FIELD(kind, name)        AS_##kind(struct run_row, name),
#define EVENT_FIELD(kind, name)      AS_##kind(struct event_row, name),
#define GRAPH_FIELD(kind, name)      AS_##kind(struct graph_row, name),
#define ATTACHMENT_FIELD(kind, name) AS_##kind(struct attachment_row, name),

static const struct field runs[] = {RUN_COLUMNS(RUN_FIELD, RUN_FIELD)
                                        AS_INTEGER(struct run_row, last_seq),
                                    AS_FLAG(struct run_row, pinned)};
static const struct field runs_changing[] = {RUN_CHANGING_COLUMNS(RUN_FIELD, RUN_FIELD)};
static const struct field events[] = {EVENT_COLUMNS(EVENT_FIELD, EVENT_FIELD)};
static const struct field events_given[] = {EVENT_GIVEN_COLUMNS(EVENT_FIELD, EVENT_FIELD)};
static const struct field graphs[] = {GRAPH_COLUMNS(GRAPH_FIELD, GRAPH_FIELD)};
static const struct field attachments[] = {ATTACHMENT_COLUMNS(ATTACHMENT_FIELD, ATTACHMENT_FIELD)};

#define N_FIELDS(fields) ((int)(sizeof(fields) / sizeof((fields)[0])))

const struct field_table run_fields = {runs, N_FIELDS(runs)};
const struct field_table run_written_fields = {runs, N_FIELDS(runs) - 2};
const struct field_table run_changing_fields = {runs_changing, N_FIELDS(runs_changing)};
const struct field_table event_fields = {events, N_FIELDS(events)};
const struct field_table event_given_fields = {events_given, N_FIELDS(events_given)};
const struct field_table graph_fields = {graphs, N_FIELDS(graphs)};
const struct field_table attachment_fields = {attachments, N_FIELDS(attachments)};

static const void *field_at(const void *row, size_t offset)
{
    return (const char *)row + offset;
}

static int field_bind(sqlite3_stmt *statement, int place, const struct field *field,
                      const void *row, int64_t *bytes)
{
    const void *value = field_at(row, field->offset);
    const char *text;
    size_t size;

    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_OPTIONAL:
        text = *(const char *const *)value;
        if (!text)
            return sqlite3_bind_null(statement, place);
        size = strlen(text);
        *bytes += (int64_t)size;
        return sqlite3_bind_text64(statement, place, text, size, SQLITE_STATIC, SQLITE_UTF8);
    case FIELD_INTEGER:
        return sqlite3_bind_int64(statement, place, *(const int64_t *)value);
    case FIELD_FLAG:
        return sqlite3_bind_int(statement, place, *(const bool *)value);
    case FIELD_MAYBE:
        if (!*(const bool *)field_at(row, field->has_offset))
            return sqlite3_bind_null(statement, place);
        return sqlite3_bind_int64(statement, place, *(const int64_t *)value);
    }
    return SQLITE_MISUSE;
}

int64_t row_bind(struct query *query, const struct field_table *table, const void *row)
{
    int64_t bytes = 0;

    for (int i = 0; i < table->n_fields && query->rc == SQLITE_OK; i++)
        query->rc = field_bind(query->statement, i + 1, &table->fields[i], row, &bytes);
    return bytes;
}

/* A text that the column says is never NULL and yet is (another program's row) reads as empty. */
static int text_read(sqlite3_stmt *statement, int column, bool optional, struct arena *arena,
                     const char **ret_text, int64_t *bytes)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    size_t size;

    if (!text && sqlite3_column_type(statement, column) != SQLITE_NULL)
        return STORE_NO_MEMORY;
    if (!text) {
        *ret_text = optional ? NULL : "";
        return 0;
    }
    size = (size_t)sqlite3_column_bytes(statement, column);
    *bytes += (int64_t)size;
    *ret_text = arena ? arena_copy(arena, (const char *)text, size) : (const char *)text;
    return *ret_text ? 0 : STORE_NO_MEMORY;
}

int row_read(struct query *query, int column, const struct field_table *table, struct arena *arena,
             void *ret_row, int64_t *bytes)
{
    sqlite3_stmt *statement = query->statement;

    for (int i = 0; i < table->n_fields; i++, column++) {
        const struct field *field = &table->fields[i];
        char *value = (char *)ret_row + field->offset;
        int r = 0;

        switch (field->kind) {
        case FIELD_TEXT:
        case FIELD_OPTIONAL:
            r = text_read(statement, column, field->kind == FIELD_OPTIONAL, arena,
                          (const char **)value, bytes);
            break;
        case FIELD_INTEGER:
            *(int64_t *)value = sqlite3_column_int64(statement, column);
            break;
        case FIELD_FLAG:
            *(bool *)value = sqlite3_column_int64(statement, column) != 0;
            break;
        case FIELD_MAYBE:
            *(bool *)((char *)ret_row + field->has_offset) =
                sqlite3_column_type(statement, column) != SQLITE_NULL;
            *(int64_t *)value = sqlite3_column_int64(statement, column);
            break;
        }
        if (r < 0)
            return r;
    }
    return 0;
}
