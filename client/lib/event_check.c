#include "event_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "interface.h"
#include "json.h"

enum { EVENT_VALUES = 32 }; /* more than a call with one event holds around its payload */

static const struct table *field_table(const char *method, const char *name)
{
    const struct method_description *description = method_find(method);
    size_t i;

    for (i = 0; description && i < description->parameters->n_fields; i++) {
        const struct field *field = &description->parameters->fields[i];

        if (strcmp(field->name, name) == 0)
            return field->table;
    }
    return NULL;
}

const struct table *event_table(void)
{
    return field_table("dev.historyd.history.AppendEvents", "events");
}

/* What must hold for an event by itself, so that a message with nothing else in it is not too
 * large. */
static struct limits event_limits(void)
{
    struct limits limits = limits_default;

    limits.values -= EVENT_VALUES;
    return limits;
}

static const char *rule_words(const char *name)
{
    const struct table *table = event_table();
    size_t i;

    for (i = 0; table && i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];

        if (strcmp(field->name, name) != 0)
            continue;
        if (field->rule == RULE_TYPE)
            return "not dotted lower-case words";
        if (field->rule == RULE_TIME)
            return "not an RFC 3339 time";
        if (field->rule == RULE_UNIT)
            return "empty or not UTF-8";
        if (field->kind == FIELD_OBJECT)
            return "not a JSON object";
        if (field->kind == FIELD_STRING)
            return "not UTF-8";
    }
    return "not allowed";
}

static void fault_words(const struct fault *fault, char *words)
{
    if (fault->kind == FAULT_TOO_LARGE)
        snprintf(words, EVENT_CHECK_WORDS, "%s: more than %" PRId64, fault->text, fault->number);
    else
        snprintf(words, EVENT_CHECK_WORDS, "%s: %s", fault->text, rule_words(fault->text));
}

static int payload_compact(struct hd_new_event *event, struct arena *arena)
{
    struct json_document *document;
    struct fault fault;
    char *compact;

    if (json_read(event->payload, strlen(event->payload), &limits_reply, &document, &fault) != 0)
        return -ENOMEM; /* it was checked */
    compact = json_compact(json_root(document), arena, NULL);
    json_document_free(document);
    if (!compact)
        return -ENOMEM;
    event->payload = compact;
    return 0;
}

int event_check(struct hd_new_event *event, struct arena *arena,
                char ret_words[static EVENT_CHECK_WORDS])
{
    struct limits limits = event_limits();
    struct fault fault;
    int r;

    if (event->has_seq) {
        snprintf(ret_words, EVENT_CHECK_WORDS, "seq: the recorder numbers the events");
        return -EINVAL;
    }
    r = codec_check(event_table(), event, &limits, &fault);
    if (r > 0) {
        fault_words(&fault, ret_words);
        return -EINVAL;
    }
    if (r == 0 && event->payload && strlen(event->payload) > (size_t)limits.payload)
        r = payload_compact(event, arena);
    return r < 0 ? -ENOMEM : 0;
}
