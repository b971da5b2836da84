#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "json.h"
#include "ninja_plan.h"
#include "rfc3339.h"

/* Ends a JSON text and moves it to the arena. NULL when out of memory. */
static const char *ninja_json_done(const struct ninja_plan *plan, struct buffer *json)
{
    const char *text = json->failed ? NULL : arena_copy(plan->arena, json->data, json->size);

    buffer_clear(json);
    return text;
}

static const char *ninja_time(const struct ninja_plan *plan, int64_t microseconds)
{
    char text[RFC3339_SIZE];

    rfc3339_write(microseconds, text);
    return arena_strdup(plan->arena, text);
}

static void ninja_json_path(struct buffer *json, const char *path, size_t size)
{
    struct buffer repaired = BUFFER_INIT;

    display_repair(&repaired, path, size);
    buffer_append_char(&repaired, '\0');
    if (repaired.failed)
        json->failed = true;
    else
        json_write_string(json, repaired.data);
    buffer_clear(&repaired);
}

/* Begins a member of an object that is being written. */
static void ninja_json_member(struct buffer *json, const char *key)
{
    buffer_append_text(json, json->size == 1 ? "\"" : ",\"");
    buffer_append_text(json, key);
    buffer_append_text(json, "\":");
}

static void ninja_json_number(struct buffer *json, const char *key, int64_t number)
{
    ninja_json_member(json, key);
    buffer_append_int(json, number);
}

static void ninja_json_outputs(struct buffer *json, const struct ninja_outputs *outputs)
{
    ninja_json_member(json, "outputs");
    for (size_t i = 0; i < outputs->n; i++) {
        buffer_append_char(json, i ? ',' : '[');
        ninja_json_path(json, outputs->paths[i], outputs->sizes[i]);
    }
    buffer_append_char(json, ']');
}

/* The payload of a unit's end. Ninja does not tell when a failed edge started, so there is no
 * duration either. */
static void ninja_json_unit(struct buffer *json, const struct ninja_plan_unit *unit)
{
    buffer_append_char(json, '{');
    if (!unit->failed)
        ninja_json_number(json, "duration_ms", (unit->ended - unit->started) / 1000);
    if (unit->code >= 0)
        ninja_json_number(json, "exit_code", unit->code);
    if (unit->command) {
        ninja_json_member(json, "command");
        json_write_string(json, unit->command);
    }
    if (unit->outputs.n > 1)
        ninja_json_outputs(json, &unit->outputs);
    buffer_append_char(json, '}');
}

int ninja_plan_unit_event(const struct ninja_plan *plan, const struct ninja_plan_unit *unit,
                          bool ended, struct hd_new_event *ret_event)
{
    struct hd_new_event event = {.unit = unit->name, .type = "unit.started"};
    struct buffer json = BUFFER_INIT;

    event.time = ninja_time(plan, ended ? unit->ended : unit->started);
    if (ended) {
        ninja_json_unit(&json, unit);
        event.type = unit->failed ? "unit.failed" : "unit.completed";
        event.error = unit->error;
        event.payload = ninja_json_done(plan, &json);
    } else if (unit->failed) {
        event.payload = "{\"estimated\":true}";
    }
    if (!event.time || (ended && !event.payload))
        return -ENOMEM;
    *ret_event = event;
    return 0;
}

const char *ninja_plan_error(const struct ninja_plan *plan)
{
    struct buffer text = BUFFER_INIT;
    size_t named = 0;

    if (plan->n_failed == 0)
        return NULL;
    buffer_append_int(&text, (int64_t)plan->n_failed);
    buffer_append_text(&text, plan->n_failed == 1 ? " unit failed: " : " units failed: ");
    for (size_t i = 0; i < plan->n_units && named < 3; i++) {
        if (!plan->units[i].failed)
            continue;
        if (named++)
            buffer_append_text(&text, ", ");
        buffer_append_text(&text, plan->units[i].name);
    }
    if (plan->n_failed > named)
        buffer_append_text(&text, ", …");
    return ninja_json_done(plan, &text);
}

int ninja_plan_run_event(const struct ninja_plan *plan, bool ended, struct hd_new_event *ret_event)
{
    struct hd_new_event event = {.type = "run.started"};
    struct buffer json = BUFFER_INIT;

    event.time = ninja_time(plan, ended ? plan->ended : plan->started);
    buffer_append_char(&json, '{');
    if (ended) {
        event.type = plan->n_failed ? "run.failed" : "run.completed";
        event.error = ninja_plan_error(plan);
        ninja_json_number(&json, "duration_ms", (plan->ended - plan->started) / 1000);
        ninja_json_number(&json, "units", (int64_t)plan->n_units);
    } else {
        ninja_json_member(&json, "tool");
        json_write_string(&json, "ninja");
        ninja_json_member(&json, "build_dir");
        json_write_string(&json, plan->build_dir);
        if (plan->version)
            ninja_json_number(&json, "log_version", plan->version);
    }
    buffer_append_char(&json, '}');
    event.payload = ninja_json_done(plan, &json);
    if (!event.time || !event.payload || (ended && plan->n_failed && !event.error))
        return -ENOMEM;
    *ret_event = event;
    return 0;
}

/* One of a unit's two events, with what it is sorted by. */
struct ninja_moment {
    int64_t time;
    int phase; /* at one time: ends, then units that took no time at all, then starts */
    size_t unit;
    bool ended;
};

static int ninja_moment_compare(const void *a, const void *b)
{
    const struct ninja_moment *left = a;
    const struct ninja_moment *right = b;

    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    if (left->phase != right->phase)
        return left->phase - right->phase;
    if (left->unit != right->unit)
        return left->unit < right->unit ? -1 : 1;
    return left->ended - right->ended;
}

static struct ninja_moment *ninja_moments(const struct ninja_plan *plan)
{
    struct ninja_moment *moments = calloc(plan->n_units * 2 + 1, sizeof(*moments));

    for (size_t i = 0; moments && i < plan->n_units; i++) {
        const struct ninja_plan_unit *unit = &plan->units[i];
        bool instant = unit->started == unit->ended;

        moments[2 * i] = (struct ninja_moment){unit->started, instant ? 1 : 2, i, false};
        moments[2 * i + 1] = (struct ninja_moment){unit->ended, instant ? 1 : 0, i, true};
    }
    if (moments)
        qsort(moments, plan->n_units * 2, sizeof(*moments), ninja_moment_compare);
    return moments;
}

int64_t ninja_plan_parallelism(const struct ninja_plan *plan)
{
    struct ninja_moment *moments = ninja_moments(plan);
    int64_t running = 0;
    int64_t most = 1;

    if (!moments)
        return -ENOMEM;
    for (size_t i = 0; i < plan->n_units * 2; i++) {
        running += moments[i].ended ? -1 : 1;
        if (running > most)
            most = running;
    }
    free(moments);
    return most;
}

int ninja_plan_events(const struct ninja_plan *plan, struct hd_new_event **ret_events,
                      size_t *ret_n_events)
{
    size_t n = plan->n_units * 2 + 2;
    struct hd_new_event *events = arena_alloc(plan->arena, n * sizeof(*events));
    struct ninja_moment *moments = ninja_moments(plan);
    int r = events && moments ? ninja_plan_run_event(plan, false, &events[0]) : -ENOMEM;

    for (size_t i = 0; r == 0 && i + 2 < n; i++)
        r = ninja_plan_unit_event(plan, &plan->units[moments[i].unit], moments[i].ended,
                                  &events[i + 1]);
    if (r == 0)
        r = ninja_plan_run_event(plan, true, &events[n - 1]);
    free(moments);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        events[i].has_seq = true;
        events[i].seq = (int64_t)i + 1;
    }
    *ret_events = events;
    *ret_n_events = n;
    return 0;
}

static int ninja_plan_node(const struct ninja_plan *plan, const struct ninja_links *links, size_t i,
                           struct hd_node *node)
{
    const struct ninja_plan_unit *unit = &plan->units[i];
    struct buffer json = BUFFER_INIT;

    node->id = unit->name;
    node->status = unit->failed ? "failed" : "completed";
    if (!links->rules[i])
        return 0;
    buffer_append_text(&json, "{\"rule\":");
    ninja_json_path(&json, links->rules[i], strlen(links->rules[i]));
    buffer_append_char(&json, '}');
    node->attributes = ninja_json_done(plan, &json);
    return node->attributes ? 0 : -ENOMEM;
}

int ninja_plan_graph(const struct ninja_plan *plan, const struct ninja_links *links,
                     struct hd_graph *ret_graph)
{
    struct hd_node *nodes = arena_alloc(plan->arena, (plan->n_units + 1) * sizeof(*nodes));
    struct hd_edge *edges = arena_alloc(plan->arena, (links->n_links + 1) * sizeof(*edges));

    if (!nodes || !edges)
        return -ENOMEM;
    for (size_t i = 0; i < plan->n_units; i++)
        if (ninja_plan_node(plan, links, i, &nodes[i]) < 0)
            return -ENOMEM;
    for (size_t i = 0; i < links->n_links; i++)
        edges[i] = (struct hd_edge){plan->units[links->links[i].from].name,
                                    plan->units[links->links[i].to].name};
    *ret_graph = (struct hd_graph){nodes, plan->n_units, edges, links->n_links};
    return 0;
}
