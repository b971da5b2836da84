#include "power_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut_image.h"
#include "power_drive.h"

/* The record that holds the send which brought the connection to so many bytes. An answer that has
 * none came from a daemon that isn't recorded: then it counts from its mark. */
static uint64_t sent_where(const struct cut_trace *trace, const struct power_mark *mark,
                           uint64_t number)
{
    const struct cut_record *record = NULL;

    if (mark->peer[0])
        while ((record = cut_trace_next(trace, record)) && record->number < number)
            if (record->kind == CUT_SEND && (uint64_t)record->offset >= mark->received &&
                strcmp(cut_record_name(record), mark->peer) == 0)
                return record->number;
    return number;
}

static int entry_compare(const void *left, const void *right)
{
    const struct power_entry *a = left;
    const struct power_entry *b = right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->done > b->done) - (a->done < b->done);
}

static void ledger_add(struct power_ledger *ledger, const struct cut_trace *trace,
                       const struct cut_record *record)
{
    const struct power_mark *mark = (const void *)cut_record_data(record);
    struct power_mark copy;

    memcpy(&copy, mark, sizeof(copy));
    if (copy.kind == POWER_MARK_LOAD) {
        if (copy.scene < power_n_scenes)
            ledger->load = power_load_new(copy.scene, copy.seed);
        return;
    }
    ledger->entries = cut_grow(ledger->entries, &ledger->capacity, ledger->n_entries + 1,
                               sizeof(*ledger->entries));
    ledger->entries[ledger->n_entries++] = (struct power_entry){
        .number = copy.kind == POWER_MARK_DONE ? sent_where(trace, &copy, record->number)
                                               : record->number,
        .done = copy.kind == POWER_MARK_DONE,
        .client = (int)copy.client,
        .step = copy.step};
}

struct power_ledger *power_ledger_new(const struct cut_trace *trace)
{
    struct power_ledger *ledger = calloc(1, sizeof(*ledger));

    if (!ledger)
        abort();
    for (const struct cut_record *record = cut_trace_next(trace, NULL); record;
         record = cut_trace_next(trace, record))
        if (record->kind == CUT_MARK && record->data_size == sizeof(struct power_mark))
            ledger_add(ledger, trace, record);
    if (!ledger->load) {
        fputs("powercut: this trace holds no load\n", stderr);
        power_ledger_free(ledger);
        return NULL;
    }
    qsort(ledger->entries, ledger->n_entries, sizeof(*ledger->entries), entry_compare);
    return ledger;
}

void power_ledger_free(struct power_ledger *ledger)
{
    if (!ledger)
        return;
    power_load_free(ledger->load);
    free(ledger->entries);
    free(ledger);
}

void power_standing_start(struct power_standing *standing)
{
    *standing = (struct power_standing){.n_entries = 0};
    for (int i = 0; i < POWER_RUNS_MOST; i++)
        standing->done[i] = standing->sent[i] = -1;
}

static void standing_take(struct power_standing *standing, const struct power_ledger *ledger,
                          const struct power_entry *entry)
{
    const struct power_step *step = &ledger->load->clients[entry->client].steps[entry->step];

    standing->n_done += entry->done;
    if (step->kind == POWER_RETENTION)
        standing->retention = true;
    if (step->run != POWER_NO_RUN && entry->done)
        standing->done[step->run] = (int)entry->step;
    else if (step->run != POWER_NO_RUN)
        standing->sent[step->run] = (int)entry->step;
    if (step->kind == POWER_BACKUP && entry->done && standing->n_backups < POWER_BACKUPS_MOST) {
        size_t asked = standing->n_entries;

        while (asked > 0 && (ledger->entries[asked - 1].client != entry->client ||
                             ledger->entries[asked - 1].step != entry->step))
            asked--;
        standing->backups[standing->n_backups++] =
            (struct power_backup){.name = step->backup, .at = asked};
    }
}

void power_standing_advance(struct power_standing *standing, const struct power_ledger *ledger,
                            uint64_t number)
{
    while (standing->n_entries < ledger->n_entries &&
           ledger->entries[standing->n_entries].number <= number) {
        standing_take(standing, ledger, &ledger->entries[standing->n_entries]);
        standing->n_entries++;
    }
}

void power_standing_of_backup(const struct power_standing *standing,
                              const struct power_ledger *ledger, const struct power_backup *backup,
                              struct power_standing *ret_standing)
{
    power_standing_start(ret_standing);
    for (; ret_standing->n_entries < backup->at; ret_standing->n_entries++)
        standing_take(ret_standing, ledger, &ledger->entries[ret_standing->n_entries]);
    memcpy(ret_standing->sent, standing->sent, sizeof(standing->sent));
    ret_standing->retention = standing->retention;
}
