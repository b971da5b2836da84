#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "op.h"

enum { LIST_DEFAULT = 50, CURSOR_HEAD = 16 };

/*
 * A cursor is the row it stands behind: "<16 hex digits>.<length of started_at>.<started_at><id>".
 * The digits bind it to the filters it was made with; they are no secret.
 */
struct list_state {
    struct run_filter filter;
    struct run_cursor cursor;
    bool has_cursor;
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    /* Absent, empty and adjacent texts differ. */
    return (hash ^ (text ? 0x1ffu : 0x2ffu)) * 0x100000001b3u;
}

static uint64_t cursor_hash(const struct run_filter *filter, const struct run_cursor *cursor)
{
    uint64_t hash = 0xcbf29ce484222325u;

    hash = hash_text(hash, filter->repo_path);
    hash = hash_text(hash, filter->status);
    hash = hash_text(hash, filter->started_after);
    hash = hash_text(hash, filter->started_before);
    hash = hash_text(hash, cursor->started_at);
    return hash_text(hash, cursor->id);
}

static const char *cursor_write(struct arena *arena, const struct run_filter *filter,
                                const struct run_row *last)
{
    struct run_cursor cursor = {.started_at = last->started_at, .id = last->id};
    size_t size = strlen(last->started_at) + strlen(last->id) + 64;
    char *text = arena_alloc(arena, size);

    if (text)
        snprintf(text, size, "%016" PRIx64 ".%zu.%s%s", cursor_hash(filter, &cursor),
                 strlen(last->started_at), last->started_at, last->id);
    return text;
}

/* False when the text is no cursor of ours, or of another list. */
static bool cursor_read(struct arena *arena, const struct run_filter *filter, const char *text,
                        struct run_cursor *ret_cursor)
{
    char digits[CURSOR_HEAD + 1];
    struct run_cursor cursor;
    size_t length;
    char *end;

    if (strlen(text) <= CURSOR_HEAD + 1 || text[CURSOR_HEAD] != '.' ||
        text[CURSOR_HEAD + 1] < '0' || text[CURSOR_HEAD + 1] > '9')
        return false;
    length = strtoul(text + CURSOR_HEAD + 1, &end, 10);
    if (*end != '.' || length >= strlen(end + 1))
        return false;
    cursor.started_at = arena_copy(arena, end + 1, length);
    cursor.id = end + 1 + length;
    if (!cursor.started_at)
        return false;
    snprintf(digits, sizeof(digits), "%016" PRIx64, cursor_hash(filter, &cursor));
    if (strncmp(digits, text, CURSOR_HEAD) != 0)
        return false;
    *ret_cursor = cursor;
    return true;
}

static int check(struct call *call)
{
    const struct hd_list_runs_params *params = call->parameters;
    struct list_state *state = call->state;

    state->filter = (struct run_filter){
        .repo_path = params->repo_path,
        .status = params->status,
        .started_after = params->started_after,
        .started_before = params->started_before,
    };
    if (!params->cursor)
        return 0;
    if (params->has_offset)
        return call_fail_parameter(call, "cursor");
    if (!cursor_read(&call->arena, &state->filter, params->cursor, &state->cursor))
        return call_fail(call, HD_INVALID_CURSOR, NULL);
    state->has_cursor = true;
    return 0;
}

static int answer(struct call *call, const struct run_page *page, const int64_t *total)
{
    const struct list_state *state = call->state;
    struct hd_run *runs = arena_alloc(&call->arena, (page->n_runs + 1) * sizeof(*runs));
    struct hd_list_runs_result result = {
        .runs = runs,
        .n_runs = page->n_runs,
        .has_more = page->has_more,
        .has_total = total != NULL,
        .total = total ? *total : 0,
    };

    if (!runs)
        return STORE_NO_MEMORY;
    for (size_t i = 0; i < page->n_runs; i++)
        runs[i] = call_run_to_wire(call, &page->runs[i]);
    if (page->has_more) {
        result.cursor = cursor_write(&call->arena, &state->filter, &page->runs[page->n_runs - 1]);
        if (!result.cursor)
            return STORE_NO_MEMORY;
    }
    return call_reply(call, &result);
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_list_runs_params *params = call->parameters;
    const struct list_state *state = call->state;
    struct run_page page;
    int64_t total;
    int r;

    r = runs_list(db, &state->filter, state->has_cursor ? &state->cursor : NULL, params->offset,
                  params->has_limit ? params->limit : LIST_DEFAULT, call->settings->limits.message,
                  &call->arena, &page);
    if (r)
        return r;
    if (!params->has_count || !params->count)
        return answer(call, &page, NULL);
    r = runs_count(db, &state->filter, &total);
    return r ? r : answer(call, &page, &total);
}

const struct op op_list_runs = {
    .kind = OP_READ,
    .state_size = sizeof(struct list_state),
    .check = check,
    .run = run,
};
