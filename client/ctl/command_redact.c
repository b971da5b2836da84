#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "command.h"
#include "names.h"
#include "style.h"
#include "tables.h"

struct redact_settings {
    bool scan;
    bool apply;
};

static const struct option_rule redact_options[] = {
    {"scan", 0, OPTION_FLAG, NULL, "tell what older rows hold, and change nothing",
     offsetof(struct redact_settings, scan), NULL, NULL},
    {"apply", 0, OPTION_FLAG, NULL, "replace it", offsetof(struct redact_settings, apply), NULL,
     NULL},
};

enum { COUNTS_MOST = 16 };

/* Counts by name; the names are in the arena. */
struct counts {
    struct hd_int_entry entries[COUNTS_MOST];
    size_t n_entries;
};

/* What all pages came to. */
struct totals {
    struct hd_redact_result result;
    struct counts rules;
    struct counts columns;
    struct names names; /* of runs */
    const char **runs;
    size_t room;
    struct arena arena;
    int64_t progress; /* rows told of */
};

static int counts_add(struct counts *counts, struct arena *arena,
                      const struct hd_int_entry *entries, size_t n_entries)
{
    for (size_t i = 0; i < n_entries; i++) {
        size_t place = 0;

        while (place < counts->n_entries && strcmp(counts->entries[place].key, entries[i].key) != 0)
            place++;
        if (place == COUNTS_MOST)
            continue;
        if (place == counts->n_entries) {
            counts->entries[place].key = arena_strdup(arena, entries[i].key);
            if (!counts->entries[place].key)
                return -ENOMEM;
            counts->n_entries++;
        }
        counts->entries[place].value += entries[i].value;
    }
    return 0;
}

static int runs_add(struct totals *totals, const char *run)
{
    char *copy;

    if (names_find(&totals->names, run, strlen(run)))
        return 0;
    if (totals->result.n_runs == totals->room) {
        size_t room = totals->room ? totals->room * 2 : 64;
        const char **grown = realloc(totals->runs, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        totals->runs = grown;
        totals->room = room;
    }
    copy = arena_strdup(&totals->arena, run);
    if (!copy || names_add(&totals->names, copy, strlen(copy), 0, NULL) < 0)
        return -ENOMEM;
    totals->runs[totals->result.n_runs++] = copy;
    return 0;
}

static int totals_add(struct totals *totals, const struct hd_redact_result *page)
{
    int r;

    totals->result.rows += page->rows;
    totals->result.rows_changed += page->rows_changed;
    totals->result.values += page->values;
    r = counts_add(&totals->rules, &totals->arena, page->rules, page->n_rules);
    if (r == 0)
        r = counts_add(&totals->columns, &totals->arena, page->columns, page->n_columns);
    for (size_t i = 0; r == 0 && i < page->n_runs; i++)
        r = runs_add(totals, page->runs[i]);
    return r;
}

/* A page is looked at first: only one that holds secrets goes to the daemon's write thread. */
static int redact_page(struct hd_client *client, bool apply, const char *cursor,
                       const struct hd_redact_result **ret_page)
{
    struct hd_redact_params params = {.cursor = cursor};
    const struct hd_redact_result *page;
    int r = hd_redact(client, &params, &page);

    if (r == 0 && apply && page->rows_changed > 0) {
        hd_result_free(page);
        params.has_apply = params.apply = true;
        r = hd_redact(client, &params, &page);
    }
    if (r == 0)
        *ret_page = page;
    return r;
}

static void redact_progress(struct totals *totals, bool done)
{
    enum { EACH_ROWS = 20000 };

    if (!isatty(STDERR_FILENO) || (!done && totals->result.rows - totals->progress < EACH_ROWS))
        return;
    if (done && totals->progress > 0)
        fputs("\r\033[K", stderr);
    else if (!done)
        fprintf(stderr, "\r%" PRId64 " rows", totals->result.rows);
    totals->progress = totals->result.rows;
}

static int redact_all(struct hd_client *client, bool apply, struct totals *totals)
{
    const struct hd_redact_result *page = NULL, *next;
    int r;

    do {
        r = redact_page(client, apply, page ? page->cursor : NULL, &next);
        if (r != 0)
            break;
        hd_result_free(page);
        page = next;
        r = totals_add(totals, page);
        redact_progress(totals, false);
    } while (r == 0 && page->cursor);
    redact_progress(totals, true);
    hd_result_free(page);
    totals->result.rules = totals->rules.entries;
    totals->result.n_rules = totals->rules.n_entries;
    totals->result.columns = totals->columns.entries;
    totals->result.n_columns = totals->columns.n_entries;
    totals->result.runs = totals->runs;
    return r;
}

static void counts_print(struct ctl *ctl, const char *name, const struct counts *counts)
{
    struct output *out = &ctl->out;

    if (counts->n_entries == 0)
        return;
    output_format(out, "%s%-12s%s", style_begin(STYLE_HEADING, ctl->colour), name,
                  style_end(STYLE_HEADING, ctl->colour));
    for (size_t i = 0; i < counts->n_entries; i++) {
        output_format(out, "%s%" PRId64 " ", i > 0 ? ", " : "", counts->entries[i].value);
        output_escaped(out, counts->entries[i].key);
    }
    output_text(out, "\n");
}

static void redact_print(struct ctl *ctl, const struct totals *totals, bool apply)
{
    const struct hd_redact_result *result = &totals->result;

    output_format(&ctl->out,
                  "%" PRId64 " rows looked at: %" PRId64 " secrets %s in %" PRId64
                  " rows of %zu runs\n",
                  result->rows, result->values, apply ? "replaced" : "found", result->rows_changed,
                  result->n_runs);
    counts_print(ctl, "by rule", &totals->rules);
    counts_print(ctl, "by column", &totals->columns);
    if (!apply && result->values > 0)
        output_text(&ctl->out, "'historyctl redact --apply' replaces them.\n");
}

/* The old texts are in the log until it is moved into the database and cut off. */
static int redact_finish(struct ctl *ctl, struct hd_client *client)
{
    const struct hd_checkpoint_result *moved;
    bool whole;
    int r = hd_checkpoint(client, &moved);

    if (r != 0)
        return ctl_fail(ctl, r);
    whole = moved->checkpointed_pages == moved->wal_pages;
    hd_result_free(moved);
    fputs("historyctl: backups and exports made before still hold what was replaced; of rows that "
          "were\ndeleted or moved earlier, traces may be left in unused parts of the database "
          "until it is vacuumed\n(see historyctl(1))\n",
          stderr);
    if (whole)
        return CTL_SUCCESS;
    ctl_complain("a reader keeps the old texts in the write-ahead log; 'historyctl call "
                 "dev.historyd.admin.Checkpoint' later removes them");
    return CTL_FAILURE;
}

static int redact_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct redact_settings *wanted = settings;
    struct totals totals = {.names = NAMES_INIT};
    struct hd_client *client;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)argc;
    (void)argv;
    if (wanted->scan == wanted->apply)
        return ctl_usage(ctl, "one of --scan and --apply is needed");
    client = ctl_client(ctl);
    if (!client)
        return CTL_FAILURE;
    r = redact_all(client, wanted->apply, &totals);
    if (r != 0)
        exit_code = ctl_fail(ctl, r);
    else if (ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_redact_result_table, &totals.result);
    else
        redact_print(ctl, &totals, wanted->apply);
    if (exit_code == CTL_SUCCESS && wanted->apply)
        exit_code = redact_finish(ctl, client);
    names_clear(&totals.names);
    free(totals.runs);
    arena_clear(&totals.arena);
    return exit_code;
}

const struct command command_redact = {
    .name = "redact",
    .arguments = "--scan | --apply",
    .summary = "Find secrets in what was recorded before, and replace them",
    COMMAND_OPTIONS(redact_options),
    .settings_size = sizeof(struct redact_settings),
    .run = redact_run,
};
