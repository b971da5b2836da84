#include "refusal.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

/* Finds a parameter of an error; NULL document when there is none. The caller frees the document.
 */
static struct json_value parameter_find(const struct hd_error *error, const char *name,
                                        struct json_document **ret_document)
{
    struct json_value value = {0};
    struct fault fault;

    if (json_read(error->parameters, strlen(error->parameters), &limits_reply, ret_document,
                  &fault) != 0) {
        *ret_document = NULL;
        return value;
    }
    value = json_first(json_root(*ret_document));
    while (value.node && !json_key_is(value, name, strlen(name)))
        value = json_after(value);
    return value;
}

/* A field over its limit will always be; a message or a batch is smaller with fewer events. Where
 * it cannot be told, out of memory, fewer events will tell. */
static bool is_about_the_batch(const struct hd_error *error)
{
    struct json_document *document;
    struct json_value what = parameter_find(error, "what", &document);
    const char *text = NULL;
    bool batch;

    if (what.node && json_type_of(what) == JSON_STRING)
        text = json_string(what);
    batch = !text || (!strchr(text, '[') && strcmp(text, "seq") != 0);
    json_document_free(document);
    return batch;
}

enum refusal refusal_of(const struct hd_error *error, unsigned int n_events)
{
    switch (error->status) {
    case HD_BUSY:
    case HD_STORAGE_FULL:
    case HD_STORAGE_FAILED:
    case HD_SHUTTING_DOWN:
    case HD_TOO_MANY_CONNECTIONS:
        return REFUSAL_RETRY;
    case HD_TOO_LARGE:
        return n_events > 1 && is_about_the_batch(error) ? REFUSAL_SPLIT : REFUSAL_FINAL;
    default: /* an int: every errno, and all that sending again does not change */
        return error->status < 0 ? REFUSAL_RETRY : REFUSAL_FINAL;
    }
}

int64_t refusal_pause(const struct hd_error *error)
{
    struct json_document *document;
    struct json_value value;
    int64_t pause = 0;

    if (error->status != HD_BUSY)
        return 0;
    value = parameter_find(error, "retry_after_ms", &document);
    if (value.node && json_type_of(value) == JSON_NUMBER && json_integer(value, &pause) &&
        pause < 0)
        pause = 0;
    json_document_free(document);
    return pause;
}
