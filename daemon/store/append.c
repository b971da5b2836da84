/*
 * Appending events: verified first, then written.
 *
 * The common call brings numbers above all that are stored, in rising order, or none at all: it
 * needs one look-up for the run. Everything else is sorted by number, so that equal ones stand side
 * by side, and compared, among each other and with what is stored.
 *
 * One event a number is stored. Where several of a call share it, that is the first of them, with
 * the first time given by any: a time left out equals any, and the whole call sent again must equal
 * what it left.
 */
#include <stdlib.h>
#include <string.h>

#include "last_seq.h"
#include "rows.h"
#include "transaction.h"

struct slot {
    const struct event_new *event;
    size_t index;
    const char *time; /* to be stored; NULL: the default */
    bool skip;
};

struct append {
    struct store_db *db;
    const char *run_id;
    const struct event_new *events;
    size_t n_events;
    const struct event_match *match; /* NULL: texts are equal or they are not */
    struct slot
        *slots;      /* sorted by number, then by place in the call; NULL: all are new and rising */
    size_t conflict; /* place of the first conflict, n_events without */
};

static bool text_same(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

static bool time_same(const char *left, const char *right)
{
    return !left || !right || strcmp(left, right) == 0;
}

static bool number_same(bool has_left, int64_t left, bool has_right, int64_t right)
{
    return has_left == has_right && (!has_left || left == right);
}

/* All but time, number, payload and error. */
static bool event_alike(const struct event_new *left, const struct event_new *right)
{
    return text_same(left->type, right->type) && text_same(left->unit, right->unit) &&
           number_same(left->has_task, left->task, right->has_task, right->task) &&
           number_same(left->has_pr, left->pr, right->has_pr, right->pr);
}

/* All but time and number. */
static bool event_same(const struct event_new *left, const struct event_new *right)
{
    return event_alike(left, right) && text_same(left->payload, right->payload) &&
           text_same(left->error, right->error);
}

/* 1, 0 or a failure. */
static int text_matches(const struct append *append, size_t index, enum event_text which,
                        const char *given, const char *stored)
{
    const struct event_match *match = append->match;

    if (text_same(given, stored))
        return 1;
    if (!match || !given || !stored)
        return 0;
    return match->same(match->data, index, which, stored);
}

/* An event and the row stored under its number: 1, 0 or a failure. */
static int event_stored(const struct append *append, const struct slot *slot,
                        const struct event_new *stored)
{
    const struct event_new *event = slot->event;
    int r;

    if (!event_alike(event, stored) || !time_same(stored->time, event->time))
        return 0;
    r = text_matches(append, slot->index, EVENT_PAYLOAD, event->payload, stored->payload);
    if (r == 1)
        r = text_matches(append, slot->index, EVENT_ERROR, event->error, stored->error);
    return r;
}

static int slot_compare(const void *left, const void *right)
{
    const struct slot *a = left;
    const struct slot *b = right;

    if (a->event->seq != b->event->seq)
        return a->event->seq < b->event->seq ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int slot_compare_index(const void *left, const void *right)
{
    const struct slot *a = left;
    const struct slot *b = right;

    return (a->index > b->index) - (a->index < b->index);
}

/* Memory for the slots, kept by the connection for the next call. */
static int append_sort(struct append *append)
{
    struct store_db *db = append->db;
    size_t size = append->n_events * sizeof(struct slot);

    if (size > db->scratch_size) {
        void *grown = realloc(db->scratch, size);

        if (!grown)
            return STORE_NO_MEMORY;
        db->scratch = grown;
        db->scratch_size = size;
    }
    append->slots = db->scratch;
    for (size_t i = 0; i < append->n_events; i++)
        append->slots[i] = (struct slot){.event = &append->events[i], .index = i};
    qsort(append->slots, append->n_events, sizeof(struct slot), slot_compare);
    return 0;
}

static void append_conflict(struct append *append, const struct slot *slot)
{
    if (slot->index < append->conflict)
        append->conflict = slot->index;
}

/* Compares the slots of one number with the first of them. */
static void group_compare(struct append *append, struct slot *group, size_t n_slots)
{
    struct slot *first = group;

    first->time = first->event->time;
    for (struct slot *slot = group + 1; slot < group + n_slots; slot++) {
        slot->skip = true;
        if (!event_same(first->event, slot->event) || !time_same(first->time, slot->event->time))
            append_conflict(append, slot);
        if (!first->time)
            first->time = slot->event->time;
    }
}

static struct event_new event_of_row(const struct event_row *row)
{
    return (struct event_new){
        .time = row->time,
        .type = row->type,
        .unit = row->unit,
        .has_task = row->has_task,
        .task = row->task,
        .has_pr = row->has_pr,
        .pr = row->pr,
        .payload = row->payload,
        .error = row->error,
    };
}

/* Compares the slots of one number with the row stored under it. 0 when there is none, else 1. */
static int group_compare_stored(struct append *append, struct slot *group, size_t n_slots)
{
    struct event_row row = {.id = 0};
    struct event_new stored;
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, append->db, STATEMENT_EVENT_AT);
    query_bind_text(&query, ":run_id", append->run_id);
    query_bind_int(&query, ":seq", group->event->seq);
    r = query_step(&query);
    if (r > 0) {
        r = row_read(&query, 0, &event_fields, NULL, &row, &bytes);
        stored = event_of_row(&row);
        for (struct slot *slot = group; r == 0 && slot < group + n_slots; slot++) {
            int same = event_stored(append, slot, &stored);

            slot->skip = true;
            if (same == 0)
                append_conflict(append, slot);
            r = same < 0 ? same : 0;
        }
        r = r < 0 ? r : 1;
    }
    query_end(&query);
    return r;
}

/* 0, STORE_SEQUENCE_CONFLICT or a failure. */
static int append_compare(struct append *append, int64_t last_seq)
{
    struct slot *end = append->slots + append->n_events;
    struct slot *group = append->slots;

    while (group < end) {
        int64_t seq = group->event->seq;
        size_t n_slots = 1;
        int r = 0;

        while (group + n_slots < end && group[n_slots].event->seq == seq)
            n_slots++;
        if (seq <= last_seq)
            r = group_compare_stored(append, group, n_slots);
        if (r < 0)
            return r;
        if (r == 0)
            group_compare(append, group, n_slots);
        group += n_slots;
    }
    return append->conflict < append->n_events ? STORE_SEQUENCE_CONFLICT : 0;
}

static int event_insert(struct append *append, const struct event_new *event, int64_t seq,
                        const char *time)
{
    struct store_db *db = append->db;
    struct event_row row = {
        .run_id = append->run_id,
        .seq = seq,
        .time = time,
        .type = event->type,
        .unit = event->unit,
        .has_task = event->has_task,
        .task = event->task,
        .has_pr = event->has_pr,
        .pr = event->pr,
        .payload = event->payload,
        .error = event->error,
    };
    struct query query;
    int64_t bytes;
    int r;

    query_start(&query, db, STATEMENT_EVENT_INSERT);
    bytes = row_bind(&query, &event_given_fields, &row);
    r = query_step(&query);
    query_end(&query);
    if (r == 0)
        transaction_note_event(db, sqlite3_last_insert_rowid(db->handle), bytes);
    return r;
}

/* In the order of the call, which is the order of ids. */
static int append_write(struct append *append, int64_t last_seq, const char *default_time,
                        int64_t *ret_inserted)
{
    int64_t inserted = 0;

    if (append->slots)
        qsort(append->slots, append->n_events, sizeof(struct slot), slot_compare_index);
    for (size_t i = 0; i < append->n_events; i++) {
        const struct event_new *event = &append->events[i];
        const char *time = append->slots ? append->slots[i].time : event->time;
        int r;

        if (append->slots && append->slots[i].skip)
            continue;
        r = event_insert(append, event, event->has_seq ? event->seq : ++last_seq,
                         time ? time : default_time);
        if (r < 0)
            return r;
        inserted++;
    }
    *ret_inserted = inserted;
    return 0;
}

static bool append_rises(const struct append *append, int64_t last_seq)
{
    for (size_t i = 0; i < append->n_events; i++) {
        if (append->events[i].seq <= last_seq)
            return false;
        last_seq = append->events[i].seq;
    }
    return true;
}

/* Numbers given: the lowest and highest, and whether they can all be stored. */
static int append_check_given(struct append *append, int64_t last_seq,
                              struct events_appended *appended)
{
    const struct event_new *events = append->events;
    int r = 0;

    appended->first_seq = events[0].seq;
    appended->last_seq = events[append->n_events - 1].seq;
    if (append_rises(append, last_seq))
        return 0;
    r = append_sort(append);
    if (r < 0)
        return r;
    appended->first_seq = append->slots[0].event->seq;
    appended->last_seq = append->slots[append->n_events - 1].event->seq;
    return append_compare(append, last_seq);
}

static int run_last_seq(struct store_db *db, const char *run_id, int64_t *ret_seq)
{
    struct query query;
    int r;

    if (last_seq_find(db, run_id, ret_seq))
        return 0;
    query_start(&query, db, STATEMENT_RUN_LAST_SEQ);
    query_bind_text(&query, ":id", run_id);
    r = query_step(&query);
    if (r > 0)
        *ret_seq = sqlite3_column_int64(query.statement, 0);
    query_end(&query);
    if (r < 0)
        return r;
    return r > 0 ? 0 : STORE_RUN_NOT_FOUND;
}

int events_append_matching(struct store_db *db, const char *run_id, const struct event_new *events,
                           size_t n_events, const char *default_time,
                           const struct event_match *match, struct events_appended *ret_appended)
{
    struct append append = {.db = db,
                            .run_id = run_id,
                            .events = events,
                            .n_events = n_events,
                            .match = match,
                            .conflict = n_events};
    struct events_appended appended = {.inserted = 0};
    int64_t last_seq = 0;
    int r = run_last_seq(db, run_id, &last_seq);

    if (r != 0 || n_events == 0)
        return r;
    if (events[0].has_seq) {
        r = append_check_given(&append, last_seq, &appended);
    } else if (last_seq > INT64_MAX - (int64_t)n_events) {
        r = STORE_SEQUENCE_EXHAUSTED;
    } else {
        appended.first_seq = last_seq + 1;
        appended.last_seq = last_seq + (int64_t)n_events;
    }
    if (r == STORE_SEQUENCE_CONFLICT)
        ret_appended->conflict_seq = events[append.conflict].seq;
    if (r != 0)
        return r;
    r = append_write(&append, last_seq, default_time, &appended.inserted);
    if (r < 0)
        return r;
    last_seq_keep(db, run_id, appended.last_seq > last_seq ? appended.last_seq : last_seq);
    appended.duplicates = (int64_t)n_events - appended.inserted;
    db->transaction.events_repeated += appended.duplicates;
    *ret_appended = appended;
    return 0;
}

int events_append(struct store_db *db, const char *run_id, const struct event_new *events,
                  size_t n_events, const char *default_time, struct events_appended *ret_appended)
{
    return events_append_matching(db, run_id, events, n_events, default_time, NULL, ret_appended);
}
