#include "ninja_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "display.h"
#include "message_limits.h"
#include "names.h"

/* A path as the wire allows it, or NULL when out of memory. */
static const char *ninja_plan_text(struct arena *arena, const char *text, size_t size)
{
    struct buffer repaired = BUFFER_INIT;
    const char *copy;

    display_repair(&repaired, text, size);
    copy = repaired.failed ? NULL
                           : arena_copy(arena, repaired.data ? repaired.data : "", repaired.size);
    buffer_clear(&repaired);
    return copy;
}

int ninja_plan_open(struct ninja_plan *plan, struct arena *arena, const char *build_dir,
                    const char *repo_path)
{
    *plan = (struct ninja_plan){.arena = arena};
    plan->build_dir = ninja_plan_text(arena, build_dir, strlen(build_dir));
    plan->repo_path = ninja_plan_text(arena, repo_path, strlen(repo_path));
    return plan->build_dir && plan->repo_path ? 0 : -ENOMEM;
}

int ninja_plan_name(struct ninja_plan *plan, uint64_t hash)
{
    time_t seconds = (time_t)(plan->started / 1000000);
    struct tm parts = {0};
    char id[64];
    size_t size;

    gmtime_r(&seconds, &parts);
    size = strftime(id, sizeof(id), "ninja_%Y%m%d_%H%M%S", &parts);
    snprintf(id + size, sizeof(id) - size, "_%08x", (unsigned int)(uint32_t)(hash ^ hash >> 32));
    plan->run_id = arena_strdup(plan->arena, id);
    return plan->run_id ? 0 : -ENOMEM;
}

/* Returns room for one more unit, or NULL. The old array stays in the arena: it doubles, so that
 * all of them together are no larger than the last. */
static struct ninja_plan_unit *ninja_plan_room(struct ninja_plan *plan)
{
    if (plan->n_units == plan->capacity) {
        size_t capacity = plan->capacity ? plan->capacity * 2 : 64;
        struct ninja_plan_unit *units = arena_alloc(plan->arena, capacity * sizeof(*units));

        if (!units)
            return NULL;
        if (plan->n_units)
            memcpy(units, plan->units, plan->n_units * sizeof(*units));
        plan->units = units;
        plan->capacity = capacity;
    }
    return &plan->units[plan->n_units];
}

static int ninja_plan_add(struct ninja_plan *plan, struct ninja_plan_unit *unit)
{
    struct ninja_plan_unit *room = ninja_plan_room(plan);

    if (!room)
        return -ENOMEM;
    unit->name = ninja_plan_text(plan->arena, unit->outputs.paths[0], unit->outputs.sizes[0]);
    if (!unit->name)
        return -ENOMEM;
    if (*unit->name == '\0' || (int64_t)strlen(unit->name) > limits_default.unit) {
        plan->n_skipped++;
        return 1;
    }
    *room = *unit;
    plan->n_units++;
    if (unit->failed)
        plan->n_failed++;
    if (unit->ended > plan->ended)
        plan->ended = unit->ended;
    return 0;
}

int ninja_plan_add_unit(struct ninja_plan *plan, const struct ninja_unit *unit, int64_t base)
{
    struct ninja_plan_unit added = {
        .started = base + unit->start * 1000, .ended = base + unit->end * 1000, .code = -1};
    const char **paths = arena_alloc(plan->arena, unit->n_outputs * sizeof(*paths));
    size_t *sizes = arena_alloc(plan->arena, unit->n_outputs * sizeof(*sizes));

    if (!paths || !sizes)
        return -ENOMEM;
    for (size_t i = 0; i < unit->n_outputs; i++) {
        paths[i] = unit->entries[i].output;
        sizes[i] = unit->entries[i].output_size;
    }
    added.outputs = (struct ninja_outputs){paths, sizes, unit->n_outputs};
    return ninja_plan_add(plan, &added);
}

/* A hash of a build's lines that does not depend on their order, nor on lines that a rewritten log
 * leaves open: the same build has it before and after. */
static uint64_t ninja_plan_hash(const struct ninja_plan *plan, const struct ninja_build *build)
{
    uint64_t hash = names_hash(NAMES_HASH, plan->build_dir, strlen(plan->build_dir) + 1);
    uint64_t all = 0;
    uint64_t fresh = 0;

    for (size_t i = 0; i < build->n_entries; i++) {
        const struct ninja_entry *entry = &build->entries[i];
        uint64_t line = names_hash(NAMES_HASH, entry->line, entry->line_size);

        all += line;
        if (entry->mtime > build->older && !entry->manifest)
            fresh += line;
    }
    fresh = fresh ? fresh : all;
    return names_hash(hash, &fresh, sizeof(fresh));
}

int ninja_plan_add_build(struct ninja_plan *plan, const struct ninja_build *build, int version)
{
    plan->version = version;
    plan->started = plan->ended = build->base;
    for (size_t i = 0; i < build->n_units; i++)
        if (ninja_plan_add_unit(plan, &build->units[i], build->base) < 0)
            return -ENOMEM;
    return ninja_plan_name(plan, ninja_plan_hash(plan, build));
}

/* Takes the paths out of "out1 out2". */
static int ninja_plan_split_paths(struct ninja_plan *plan, const char *text, size_t size,
                                  const struct ninja_graph *graph, struct ninja_outputs *ret_paths)
{
    size_t most = 1;
    const char **paths;
    size_t *sizes;
    size_t n = 0;

    for (size_t i = 0; i < size; i++)
        most += text[i] == ' ';
    paths = arena_alloc(plan->arena, most * sizeof(*paths));
    sizes = arena_alloc(plan->arena, most * sizeof(*sizes));
    if (!paths || !sizes)
        return -ENOMEM;
    while (size) {
        size_t length = graph ? ninja_graph_leading_path(graph, text, size) : 0;
        const char *blank = memchr(text, ' ', size);

        if (length == 0)
            length = blank ? (size_t)(blank - text) : size;
        if (length) {
            paths[n] = text;
            sizes[n++] = length;
        }
        length += length < size;
        text += length;
        size -= length;
    }
    *ret_paths = (struct ninja_outputs){paths, sizes, n};
    return 0;
}

int ninja_plan_add_failure(struct ninja_plan *plan, const struct ninja_failure *failure,
                           int64_t ended, const struct ninja_graph *graph)
{
    struct ninja_plan_unit added = {
        .started = ended, .ended = ended, .failed = true, .code = failure->code};
    const char *outputs = arena_copy(plan->arena, failure->outputs, failure->outputs_size);
    const char *error = *failure->error ? failure->error : "the command failed and said nothing";

    added.command = *failure->command ? arena_strdup(plan->arena, failure->command) : NULL;
    added.error = arena_strdup(plan->arena, error);
    if (!outputs || !added.error || (*failure->command && !added.command))
        return -ENOMEM;
    if (ninja_plan_split_paths(plan, outputs, failure->outputs_size, graph, &added.outputs) < 0)
        return -ENOMEM;
    if (added.outputs.n == 0) {
        plan->n_skipped++;
        return 1;
    }
    return ninja_plan_add(plan, &added);
}

struct ninja_outputs *ninja_plan_outputs(const struct ninja_plan *plan)
{
    struct ninja_outputs *outputs =
        arena_alloc(plan->arena, (plan->n_units + 1) * sizeof(*outputs));

    for (size_t i = 0; outputs && i < plan->n_units; i++)
        outputs[i] = plan->units[i].outputs;
    return outputs;
}
