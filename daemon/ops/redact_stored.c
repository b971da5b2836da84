#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "op.h"
#include "scan.h"
#include "texts.h"

/* A page is so small that the write thread has it done within milliseconds. */
enum { PAGE_ROWS = 500, PAGE_BYTES = 256 << 10 };

static const char *const table_names[TEXT_TABLES] = {"events", "runs", "graphs"};

enum { COLUMN_PAYLOAD, COLUMN_EVENT_ERROR, COLUMN_RUN_ERROR, COLUMN_NODES, COLUMNS };
static const char *const column_names[COLUMNS] = {"events.payload", "events.error", "runs.error",
                                                  "graphs.nodes"};

/* One page on its way through. */
struct sweep {
    const struct redaction *redaction;
    struct redact_work work;
    struct arena *arena;
    int64_t columns[COLUMNS];
    const char **runs;
    size_t n_runs; /* of rows that change */
    int64_t changed;
};

/* "events.<after>.<until>", "runs.<after>", "graphs.<after>". */
static bool cursor_read(const char *text, struct text_scope *scope)
{
    const char *rest = strchr(text, '.');
    int used = -1;

    for (int table = 0; rest && table < TEXT_TABLES; table++) {
        if (strlen(table_names[table]) != (size_t)(rest - text) ||
            strncmp(table_names[table], text, (size_t)(rest - text)) != 0)
            continue;
        scope->table = (enum text_table)table;
        scope->after_run_id = rest + 1;
        return table != TEXTS_EVENTS ||
               (sscanf(rest, ".%18" SCNd64 ".%18" SCNd64 "%n", &scope->after_event_id,
                       &scope->until_event_id, &used) == 2 &&
                used > 0 && !rest[used]);
    }
    return false;
}

static const char *cursor_next(struct arena *arena, const struct text_scope *scope,
                               const struct text_page *page)
{
    const struct text_row *last = page->n_rows > 0 ? &page->rows[page->n_rows - 1] : NULL;
    size_t size = 64 + (last ? strlen(last->run_id) : 0);
    char *text = arena_alloc(arena, size);

    if (!text)
        return NULL;
    if (!page->has_more)
        snprintf(text, size, "%s.", table_names[scope->table + 1]);
    else if (scope->table == TEXTS_EVENTS)
        snprintf(text, size, "events.%" PRId64 ".%" PRId64, last->event_id, scope->until_event_id);
    else
        snprintf(text, size, "%s.%s", table_names[scope->table], last->run_id);
    return text;
}

/* Other programs may have stored a payload that is none. */
static int is_json(const char *text)
{
    const struct limits limits = {.message = UINT32_MAX, .depth = 512, .values = INT64_MAX};
    struct fault fault;
    struct scan scan;
    int r = scan_read(text, strlen(text), &limits, &scan, &fault);

    if (r == 0)
        scan_clear(&scan);
    return r < 0 ? r : r == 0;
}

static int sweep_payload(struct sweep *sweep, const char *text, const char **ret_text)
{
    int r = is_json(text);

    if (r < 0)
        return r;
    return r > 0 ? redact_payload(sweep->redaction, &sweep->work, text, sweep->arena, ret_text)
                 : redact_text(sweep->redaction, &sweep->work, "payload", text, sweep->arena,
                               ret_text);
}

static int sweep_optional(struct sweep *sweep, const char **text)
{
    return *text ? redact_text(sweep->redaction, &sweep->work, NULL, *text, sweep->arena, text) : 0;
}

/* The names of nodes stay, as they do when a graph is put. */
static int sweep_nodes(struct sweep *sweep, const char *text, const char **ret_text)
{
    const struct graph_row row = {.nodes = text, .edges = "[]"};
    int64_t before = sweep->work.changed;
    struct json_document *document;
    struct hd_graph graph;
    int r = graph_read(&row, sweep->arena, &document, &graph);

    if (r > 0) /* another program's */
        return redact_text(sweep->redaction, &sweep->work, NULL, text, sweep->arena, ret_text);
    if (r < 0)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < graph.n_nodes; i++) {
        struct hd_node *node = (struct hd_node *)&graph.nodes[i];

        if (node->attributes)
            r = sweep_payload(sweep, node->attributes, &node->attributes);
        if (r == 0)
            r = sweep_optional(sweep, &node->label);
        if (r == 0)
            r = sweep_optional(sweep, &node->status);
    }
    *ret_text = text;
    if (r == 0 && sweep->work.changed != before)
        *ret_text = graph_write_nodes(graph.nodes, graph.n_nodes, sweep->arena);
    json_document_free(document);
    return *ret_text ? r : -ENOMEM;
}

static int sweep_text(struct sweep *sweep, int column, const char **text, bool *changed)
{
    const char *before = *text;
    int r = 0;

    if (!before)
        return 0;
    if (column == COLUMN_PAYLOAD)
        r = sweep_payload(sweep, before, text);
    else if (column == COLUMN_NODES)
        r = sweep_nodes(sweep, before, text);
    else
        r = redact_text(sweep->redaction, &sweep->work, "error", before, sweep->arena, text);
    if (r == 0 && *text != before) {
        sweep->columns[column]++;
        *changed = true;
    }
    return r;
}

static int sweep_row(struct sweep *sweep, enum text_table table, struct text_row *row,
                     bool *ret_changed)
{
    static const int columns[TEXT_TABLES][2] = {
        [TEXTS_EVENTS] = {COLUMN_PAYLOAD, COLUMN_EVENT_ERROR},
        [TEXTS_RUNS] = {COLUMN_RUN_ERROR, COLUMN_RUN_ERROR},
        [TEXTS_GRAPHS] = {COLUMN_NODES, COLUMN_NODES},
    };
    bool changed = false;
    int r = sweep_text(sweep, columns[table][0], &row->first, &changed);

    if (r == 0)
        r = sweep_text(sweep, columns[table][1], &row->second, &changed);
    if (r < 0)
        return STORE_NO_MEMORY;
    if (changed) {
        sweep->runs[sweep->n_runs++] = row->run_id;
        sweep->changed++;
    }
    *ret_changed = changed;
    return 0;
}

static int text_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void runs_once(struct sweep *sweep)
{
    size_t kept = 0;

    qsort(sweep->runs, sweep->n_runs, sizeof(*sweep->runs), text_compare);
    for (size_t i = 0; i < sweep->n_runs; i++)
        if (kept == 0 || strcmp(sweep->runs[kept - 1], sweep->runs[i]) != 0)
            sweep->runs[kept++] = sweep->runs[i];
    sweep->n_runs = kept;
}

static int answer(struct call *call, const struct sweep *sweep, const struct text_page *page)
{
    const struct text_scope *scope = call->state;
    struct hd_int_entry rules[REDACT_RULES], columns[COLUMNS];
    struct hd_redact_result result = {
        .rows = (int64_t)page->n_rows,
        .rows_changed = sweep->changed,
        .rules = rules,
        .columns = columns,
        .runs = sweep->runs,
        .n_runs = sweep->n_runs,
    };

    for (int rule = 0; rule < REDACT_RULES; rule++) {
        int64_t count = sweep->work.replaced[rule];

        result.values += count;
        if (count > 0)
            rules[result.n_rules++] =
                (struct hd_int_entry){redact_rule_name((enum redact_rule)rule), count};
    }
    for (int column = 0; column < COLUMNS; column++)
        if (sweep->columns[column] > 0)
            columns[result.n_columns++] =
                (struct hd_int_entry){column_names[column], sweep->columns[column]};
    if (page->has_more || scope->table + 1 < TEXT_TABLES) {
        result.cursor = cursor_next(&call->arena, scope, page);
        if (!result.cursor)
            return STORE_NO_MEMORY;
    }
    return call_reply(call, &result);
}

static int sweep_page(struct call *call, struct store_db *db, bool apply)
{
    struct text_scope *scope = call->state;
    struct sweep sweep = {.redaction = call->settings->redaction, .arena = &call->arena};
    struct text_page page;
    int r;

    sweep.runs = arena_alloc(&call->arena, PAGE_ROWS * sizeof(*sweep.runs));
    if (!sweep.runs)
        return STORE_NO_MEMORY;
    r = texts_read(db, scope, &call->arena, &page);
    for (size_t i = 0; r == 0 && i < page.n_rows; i++) {
        bool changed;

        r = sweep_row(&sweep, scope->table, &page.rows[i], &changed);
        if (r == 0 && apply && changed)
            r = texts_write(db, scope->table, &page.rows[i]);
    }
    redact_work_clear(&sweep.work);
    if (r)
        return r;
    runs_once(&sweep);
    return answer(call, &sweep, &page);
}

static int run_scan(struct call *call, struct store_db *db)
{
    return sweep_page(call, db, false);
}

static int run_apply(struct call *call, struct store_db *db)
{
    return sweep_page(call, db, true);
}

static const struct op op_scan = {.kind = OP_SLOW_READ, .run = run_scan};

static int check(struct call *call)
{
    const struct hd_redact_params *params = call->parameters;
    struct text_scope *scope = call->state;
    struct op_entry *entry;

    /* Rows are redacted before they are stored: those behind the last of now need no look. */
    *scope = (struct text_scope){.after_run_id = "", .limit = PAGE_ROWS, .bytes = PAGE_BYTES};
    if (params->cursor && !cursor_read(params->cursor, scope))
        return call_fail(call, HD_INVALID_CURSOR, NULL);
    if (params->has_apply && params->apply)
        return 0;
    /* Who only looks keeps no writer waiting. */
    entry = arena_alloc(&call->arena, sizeof(*entry));
    if (!entry)
        return STORE_NO_MEMORY;
    *entry = (struct op_entry){call->entry->method, &op_scan};
    call->entry = entry;
    return 0;
}

const struct op op_redact = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct text_scope),
    .check = check,
    .run = run_apply,
};
