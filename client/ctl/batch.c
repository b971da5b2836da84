#include "batch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_text.h"
#include "parsed.h"
#include "rfc3339.h"
#include "tables.h"

enum { BATCH_EVENTS = 1000, BATCH_BYTES = 1024 * 1024, BATCH_PAUSE = 50, BATCH_PAUSE_MOST = 1000 };

int batch_open(struct batch *batch, struct ctl *ctl, const char *run_id, batch_refused refused,
               void *userdata)
{
    *batch = (struct batch){.ctl = ctl,
                            .run_id = run_id,
                            .refused = refused,
                            .userdata = userdata,
                            .arena = ARENA_INIT};
    batch->events = calloc(BATCH_EVENTS, sizeof(*batch->events));
    batch->lines = calloc(BATCH_EVENTS, sizeof(*batch->lines));
    return batch->events && batch->lines ? 0 : -ENOMEM;
}

void batch_close(struct batch *batch)
{
    arena_clear(&batch->arena);
    free(batch->events);
    free(batch->lines);
    batch->events = NULL;
    batch->lines = NULL;
}

/* Copies one text of an event; false when out of memory. */
static bool batch_copy(struct batch *batch, const char **text)
{
    if (!*text)
        return true;
    batch->bytes += strlen(*text);
    *text = arena_strdup(&batch->arena, *text);
    return *text != NULL;
}

int batch_add(struct batch *batch, const struct hd_new_event *event, int64_t line)
{
    struct hd_new_event copy = *event;

    if (!batch_copy(batch, &copy.time) || !batch_copy(batch, &copy.type) ||
        !batch_copy(batch, &copy.unit) || !batch_copy(batch, &copy.payload) ||
        !batch_copy(batch, &copy.error))
        return -ENOMEM;
    batch->lines[batch->n_events] = line;
    batch->events[batch->n_events++] = copy;
    batch->bytes += 100;
    if (batch->n_events < BATCH_EVENTS && batch->bytes < BATCH_BYTES)
        return 0;
    return batch_flush(batch);
}

bool batch_may_retry(int status)
{
    switch (-status) {
    case ECONNRESET:
    case ECONNREFUSED:
    case ECONNABORTED:
    case EPIPE:
    case ENOENT:
    case ENOTCONN:
    case ETIMEDOUT:
        return true;
    default:
        return status == HD_SHUTTING_DOWN || status == HD_BUSY || status == HD_TOO_MANY_CONNECTIONS;
    }
}

/* The index in "events[17].payload", or -1. */
static int64_t batch_index(const char *path, size_t n_events)
{
    static const char prefix[] = "events[";
    char *end;
    long index;

    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return -1;
    index = strtol(path + sizeof(prefix) - 1, &end, 10);
    return *end == ']' && index >= 0 && (size_t)index < n_events ? index : -1;
}

/* Which event of the call an error is about: by its number, or by its path. -1: none of them. */
static int64_t batch_guilty(const struct batch *batch, int status, const char *parameters)
{
    struct parsed parsed;
    char problem[PARSED_PROBLEM];
    struct json_value path;
    const char *text;
    int64_t found = -1;
    int64_t seq;

    if (status == HD_SEQUENCE_CONFLICT) {
        if (!event_text_number(parameters, "seq", &seq))
            return -1;
        /* Of two that differ in one call, the later one is the other. */
        for (size_t i = 0; i < batch->n_events; i++)
            if (batch->events[i].seq == seq)
                found = (int64_t)i;
        return found;
    }
    if (status != HD_INVALID_PARAMETER && status != HD_TOO_LARGE)
        return -1;
    if (parsed_text(&parsed, parameters, strlen(parameters), problem) == 0) {
        path = parsed_member(json_root(parsed.document),
                             status == HD_TOO_LARGE ? "what" : "parameter");
        text = path.node && json_type_of(path) == JSON_STRING ? json_string(path) : NULL;
        found = text ? batch_index(text, batch->n_events) : -1;
    }
    parsed_clear(&parsed);
    return found;
}

/* Takes the refused event out. False when the error is not about one. */
static bool batch_drop(struct batch *batch, int status)
{
    const struct hd_error *error = hd_client_error(batch->ctl->client);
    int64_t guilty = error ? batch_guilty(batch, status, error->parameters) : -1;
    size_t after;

    if (guilty < 0)
        return false;
    batch->refused(batch->userdata, batch->lines[guilty], error->message);
    batch->n_refused++;
    after = batch->n_events - (size_t)guilty - 1;
    memmove(&batch->events[guilty], &batch->events[guilty + 1], after * sizeof(*batch->events));
    memmove(&batch->lines[guilty], &batch->lines[guilty + 1], after * sizeof(*batch->lines));
    batch->n_events--;
    return true;
}

/* Makes the call until it is answered; waits for a daemon that is away for as long as a person
 * does. */
static int batch_send(struct batch *batch, const struct hd_append_events_result **ret_result)
{
    struct hd_append_events_params params = {
        .run_id = batch->run_id, .events = batch->events, .n_events = batch->n_events};
    int64_t begun = rfc3339_now();
    int patience = ctl_timeout(batch->ctl);
    int pause = BATCH_PAUSE;
    int r;

    while ((r = hd_append_events(batch->ctl->client, &params, ret_result)) != 0) {
        if (!batch_may_retry(r))
            return r;
        if (patience >= 0 && (rfc3339_now() - begun) / 1000 >= patience)
            return r;
        poll(NULL, 0, pause);
        pause = pause * 2 > BATCH_PAUSE_MOST ? BATCH_PAUSE_MOST : pause * 2;
    }
    return 0;
}

int batch_flush(struct batch *batch)
{
    const struct hd_append_events_result *result;
    int r = 0;

    while (batch->n_events) {
        r = batch_send(batch, &result);
        if (r == 0) {
            batch->inserted += result->inserted;
            batch->duplicates += result->duplicates;
            hd_result_free(result);
            break;
        }
        if (!batch_drop(batch, r))
            return r;
        r = 0;
    }
    batch->n_events = 0;
    batch->bytes = 0;
    arena_clear(&batch->arena);
    return r;
}
