#include "power_model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut_image.h"

uint64_t power_digest(uint64_t digest, const char *text)
{
    for (; *text; text++)
        digest = (digest ^ (unsigned char)*text) * 1099511628211U;
    return digest;
}

static char *text_make(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    return text;
}

/* The same text as the one that power_check.c makes of the database's row. */
static uint64_t model_digest(const struct model *model, const struct power_load *load)
{
    bool ended = strcmp(model->status, "running") != 0;
    char *text;
    uint64_t digest;

    if (!model->exists)
        return POWER_ABSENT;
    text = text_make("%s|%s|%d|%s|%" PRId64 "|%" PRId64 "|%" PRId64 "|%" PRId64
                     "|%s|%d|%s|%s|%016" PRIx64,
                     load->runs[model->run].id, model->repo, ended, model->status, model->counts[0],
                     model->counts[1], model->counts[2], model->counts[3], model->error,
                     model->pinned, model->nodes, model->edges, model->events);
    digest = power_digest(POWER_DIGEST_START, text);
    free(text);
    return digest;
}

/* The step's run is as the model is now. */
static void step_add(struct making *making, struct model *model, enum power_kind kind,
                     const char *method, char *parameters)
{
    struct power_client *client = &making->load->clients[making->client];
    struct power_step step = {.kind = kind,
                              .run = POWER_NO_RUN,
                              .method = method,
                              .parameters = parameters,
                              .previous_step = -1};

    if (kind == POWER_BACKUP)
        snprintf(step.backup, sizeof(step.backup), "copy%d-%d.db", making->client,
                 making->backups++);
    if (model) {
        step.run = model->run;
        step.digest = model_digest(model, making->load);
        step.n_events = model->last_seq;
        step.previous_step = model->last_step;
        model->last_step = (int)client->n_steps;
    }
    client->steps =
        cut_grow(client->steps, &client->capacity, client->n_steps + 1, sizeof(*client->steps));
    client->steps[client->n_steps++] = step;
}

static void event_digest(struct model *model, const char *time, const char *type, const char *unit,
                         const char *payload)
{
    char *text = text_make("%" PRId64 "|%s|%s|%s|%s\n", model->last_seq, time, type, unit, payload);

    model->events = power_digest(model->events, text);
    free(text);
}

static const char *run_id(const struct making *making, const struct model *model)
{
    return making->load->runs[model->run].id;
}

void model_create(struct making *making, struct model *model)
{
    model->exists = true;
    model->status = "running";
    model->counts[0] = (int64_t)cut_draw_below(&making->draw, 100);
    step_add(making, model, POWER_CREATE, "history.CreateRun",
             text_make("{\"id\":\"%s\",\"repo_path\":\"%s\",\"started_at\":\"2026-01-01T00:00:00Z\""
                       ",\"total_units\":%" PRId64 "}",
                       run_id(making, model), model->repo, model->counts[0]));
}

static void event_make(struct making *making, struct model *model, FILE *stream)
{
    static const char *const types[] = {"unit.started", "unit.completed", "task.started"};
    const char *type = types[cut_draw_below(&making->draw, 3)];
    size_t size = (size_t)cut_draw_below(&making->draw, 8) == 0
                      ? (size_t)cut_draw_below(&making->draw, 6000)
                      : (size_t)cut_draw_below(&making->draw, 200);
    int64_t seq = ++model->last_seq;
    char time[64];
    char unit[32];
    char *payload = text_make("{\"n\":%" PRId64 ",\"words\":\"%*s\"}", seq, (int)size, "");

    for (char *c = payload; *c; c++)
        if (*c == ' ')
            *c = (char)('a' + cut_draw_below(&making->draw, 26));
    snprintf(time, sizeof(time), "2026-01-01T%02d:%02d:00.%06dZ", (int)(seq / 60 % 24),
             (int)(seq % 60), (int)cut_draw_below(&making->draw, 1000000));
    snprintf(unit, sizeof(unit), "unit-%d", (int)cut_draw_below(&making->draw, 20));
    fprintf(stream,
            "%s{\"seq\":%" PRId64
            ",\"time\":\"%s\",\"type\":\"%s\",\"unit\":\"%s\",\"payload\":%s}",
            ftell(stream) ? "," : "", seq, time, type, unit, payload);
    event_digest(model, time, type, unit, payload);
    free(payload);
}

void model_append(struct making *making, struct model *model)
{
    uint64_t count = 1 + cut_draw_below(&making->draw, 5);
    char *events = NULL;
    size_t size;
    FILE *stream = open_memstream(&events, &size);

    if (!stream)
        abort();
    while (count-- > 0)
        event_make(making, model, stream);
    fclose(stream);
    free(model->append);
    model->append = text_make("{\"run_id\":\"%s\",\"events\":[%s]}", run_id(making, model), events);
    free(events);
    step_add(making, model, POWER_APPEND, "history.AppendEvents", text_make("%s", model->append));
}

void model_append_again(struct making *making, struct model *model)
{
    step_add(making, model, POWER_AGAIN, "history.AppendEvents", text_make("%s", model->append));
}

void model_update(struct making *making, struct model *model)
{
    for (int i = 0; i < 4; i++)
        model->counts[i] = (int64_t)cut_draw_below(&making->draw, 1000);
    step_add(making, model, POWER_UPDATE, "history.UpdateRun",
             text_make("{\"run_id\":\"%s\",\"total_units\":%" PRId64 ",\"completed_units\":%" PRId64
                       ",\"failed_units\":%" PRId64 ",\"blocked_units\":%" PRId64 "}",
                       run_id(making, model), model->counts[0], model->counts[1], model->counts[2],
                       model->counts[3]));
}

void model_graph(struct making *making, struct model *model)
{
    int last = 1 + (int)cut_draw_below(&making->draw, 5);
    size_t nodes = 0;
    size_t edges = 0;

    for (int i = 0; i <= last; i++) {
        nodes += (size_t)snprintf(model->nodes + nodes, sizeof(model->nodes) - nodes,
                                  "%s{\"id\":\"n%d\",\"level\":%d}", i ? "," : "[", i, i);
        if (i > 0)
            edges += (size_t)snprintf(model->edges + edges, sizeof(model->edges) - edges,
                                      "%s{\"from\":\"n%d\",\"to\":\"n%d\"}", i > 1 ? "," : "[",
                                      i - 1, i);
    }
    strcpy(model->nodes + nodes, "]");
    strcpy(model->edges + edges, "]");
    step_add(making, model, POWER_GRAPH, "history.PutGraph",
             text_make("{\"run_id\":\"%s\",\"graph\":{\"nodes\":%s,\"edges\":%s}}",
                       run_id(making, model), model->nodes, model->edges));
}

void model_pin(struct making *making, struct model *model)
{
    model->pinned = !model->pinned;
    step_add(making, model, POWER_PIN, "history.PinRun",
             text_make("{\"run_id\":\"%s\",\"pinned\":%s}", run_id(making, model),
                       model->pinned ? "true" : "false"));
}

/* The time of the marker is the daemon's. */
void model_stop(struct making *making, struct model *model)
{
    char payload[64];

    model->status = "stopped";
    model->last_seq++;
    event_digest(model, "", "run.stopped", "", "{\"reason\":\"power\"}");
    step_add(making, model, POWER_STOP, "history.StopRun",
             text_make("{\"run_id\":\"%s\",\"reason\":\"power\"}", run_id(making, model)));
    snprintf(payload, sizeof(payload), "{\"resumed_from_seq\":%" PRId64 "}", model->last_seq);
    model->status = "running";
    model->last_seq++;
    event_digest(model, "", "run.resumed", "", payload);
    step_add(making, model, POWER_RESUME, "history.ResumeRun",
             text_make("{\"run_id\":\"%s\"}", run_id(making, model)));
}

void model_complete(struct making *making, struct model *model)
{
    bool failed = cut_draw_below(&making->draw, 2);

    model->status = failed ? "failed" : "completed";
    model->error = failed ? "it did not work" : "";
    model->counts[1] = (int64_t)cut_draw_below(&making->draw, 1000);
    step_add(making, model, POWER_COMPLETE, "history.CompleteRun",
             text_make("{\"run_id\":\"%s\",\"status\":\"%s\",\"completed_units\":%" PRId64
                       "%s%s%s,\"completed_at\":\"2026-01-02T00:00:00Z\"}",
                       run_id(making, model), model->status, model->counts[1],
                       failed ? ",\"error\":\"" : "", model->error, failed ? "\"" : ""));
}

void model_delete(struct making *making, struct model *model)
{
    if (model->pinned)
        model_pin(making, model);
    model->exists = false;
    model->last_seq = 0;
    step_add(making, model, POWER_DELETE, "admin.DeleteRuns",
             text_make("{\"run_ids\":[\"%s\"]}", run_id(making, model)));
}

void model_past(struct making *making, struct model *model)
{
    char *events = NULL;
    size_t size;
    FILE *stream = open_memstream(&events, &size);

    if (!stream)
        abort();
    model->exists = true;
    model->status = "running";
    for (int i = 0; i < 40; i++) {
        model->last_seq++;
        event_digest(model, "2025-12-31T00:00:00.000000Z", "unit.started", "old", "{\"old\":1}");
        fprintf(stream,
                "INSERT INTO events (run_id, seq, time, type, unit, payload) VALUES ('%s', %" PRId64
                ", '2025-12-31T00:00:00.000000Z', 'unit.started', 'old', '{\"old\":1}');\n",
                run_id(making, model), model->last_seq);
    }
    fclose(stream);
    step_add(making, model, POWER_PAST, NULL,
             text_make("INSERT INTO runs (id, repo_path, started_at) VALUES ('%s', '%s', "
                       "'2025-12-31T00:00:00.000000Z');\n%s",
                       run_id(making, model), model->repo, events));
    free(events);
    making->load->runs[model->run].expendable = false;
}

void model_extra(struct making *making)
{
    uint64_t draw = cut_draw_below(&making->draw, 10);

    if (making->load->scene->expendable && making->client == 0 && draw < 5)
        step_add(making, NULL, POWER_RETENTION, "admin.ApplyRetention", text_make("{}"));
    else if (draw < 7)
        step_add(making, NULL, POWER_CHECKPOINT, "admin.Checkpoint", text_make("{}"));
    else
        step_add(making, NULL, POWER_BACKUP, "admin.Backup",
                 text_make("{\"name\":\"copy%d-%d.db\"}", making->client, making->backups));
}
