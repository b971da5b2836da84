#include "call_redact.h"

#include <errno.h>
#include <string.h>

#include "redact.h"

int call_redact_payload(struct call *call, const char **payload)
{
    const struct redaction *redaction = call->settings->redaction;

    if (!call->settings->redacts || !*payload)
        return 0;
    return redact_payload(redaction, &call->service->redact, *payload, &call->arena, payload) < 0
               ? STORE_NO_MEMORY
               : 0;
}

int call_redact_text(struct call *call, const char *key, const char **text)
{
    const struct redaction *redaction = call->settings->redaction;

    if (!call->settings->redacts || !*text)
        return 0;
    return redact_text(redaction, &call->service->redact, key, *text, &call->arena, text) < 0
               ? STORE_NO_MEMORY
               : 0;
}

static int redact_node(struct call *call, struct hd_node *node)
{
    int r = call_redact_payload(call, &node->attributes);

    if (r == 0)
        r = call_redact_text(call, NULL, &node->label);
    if (r == 0)
        r = call_redact_text(call, NULL, &node->status);
    return r;
}

int call_redact_graph(struct call *call, const struct hd_graph *graph,
                      const struct hd_graph **ret_graph)
{
    struct hd_graph *copy;
    struct hd_node *nodes;
    int r = 0;

    if (!call->settings->redacts || graph->n_nodes == 0) {
        *ret_graph = graph;
        return 0;
    }
    copy = arena_alloc(&call->arena, sizeof(*copy));
    nodes = arena_alloc(&call->arena, graph->n_nodes * sizeof(*nodes));
    if (!copy || !nodes)
        return STORE_NO_MEMORY;
    memcpy(nodes, graph->nodes, graph->n_nodes * sizeof(*nodes));
    for (size_t i = 0; r == 0 && i < graph->n_nodes; i++)
        r = redact_node(call, &nodes[i]);
    *copy = *graph;
    copy->nodes = nodes;
    if (r == 0)
        *ret_graph = copy;
    return r;
}

/* What was stored unredacted, or under rules that found less, becomes by the rules of now what the
 * text becomes. */
static int becomes_same(const struct call *call, const struct redacted *text, const char *stored)
{
    const struct redaction *redaction = call->settings->redaction;
    struct redact_work work = {.changed = 0};
    struct arena arena = ARENA_INIT;
    const char *now;
    int r;

    r = text->key ? redact_text(redaction, &work, text->key, stored, &arena, &now)
                  : redact_payload(redaction, &work, stored, &arena, &now);
    r = r < 0 ? STORE_NO_MEMORY : strcmp(now, text->now) == 0;
    arena_clear(&arena);
    redact_work_clear(&work);
    return r;
}

int call_redacted_same(const struct call *call, const struct redacted *text, const char *stored)
{
    if (strcmp(stored, text->now) == 0 || redact_stands_for(stored, text->sent, !text->key))
        return 1;
    return call->settings->redacts ? becomes_same(call, text, stored) : 0;
}
