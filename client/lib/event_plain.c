#include "event_plain.h"

#include <errno.h>
#include <string.h>

#include "message_limits.h"
#include "plain_json.h"
#include "rfc3339.h"
#include "rules.h"

/* More than an event's names, punctuation, two integers and the time take. */
enum { EVENT_TEXT_AROUND = 256 };

/* Sizes of the texts; EVENT_TEXT_PLAIN and more: too long to be looked at. */
struct sizes {
    size_t type;
    size_t unit;
    size_t payload;
    size_t error;
};

static size_t size_of(const char *text)
{
    return text ? strnlen(text, EVENT_TEXT_PLAIN) : 0;
}

/* Every rule of the fields of NewEvent, for texts that are plain. */
static bool event_is_plain(const struct hd_new_event *event, const struct sizes *sizes)
{
    int64_t time;

    if (event->has_seq || !event->type || sizes->type > (size_t)limits_default.type ||
        sizes->unit > (size_t)limits_default.unit ||
        sizes->type + sizes->unit + sizes->payload + sizes->error >
            EVENT_TEXT_PLAIN - EVENT_TEXT_AROUND)
        return false;
    if (!rule_is_event_type(event->type))
        return false;
    if (event->unit && (sizes->unit == 0 || !plain_json_text(event->unit, sizes->unit)))
        return false;
    if (event->error && !plain_json_text(event->error, sizes->error))
        return false;
    if (event->payload && !plain_json_object(event->payload, sizes->payload))
        return false;
    return !event->time ||
           (strnlen(event->time, RFC3339_SIZE) < RFC3339_SIZE && rfc3339_read(event->time, &time));
}

static char *put(char *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

static char *put_int(char *at, int64_t value)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *at++ = '-';
    return put(at, first, (size_t)(digits + sizeof(digits) - first));
}

#define PUT_TEXT(at, text) put(at, text, sizeof(text) - 1)

bool event_text_make_plain(struct event_text *text, const struct hd_new_event *event,
                           const char *now)
{
    struct sizes sizes = {size_of(event->type), size_of(event->unit), size_of(event->payload),
                          size_of(event->error)};
    const char *time = event->time ? event->time : now;
    char *at = text->plain;

    if (!event_is_plain(event, &sizes))
        return false;
    at = PUT_TEXT(at, "{\"time\":\"");
    at = put(at, time, strlen(time));
    at = PUT_TEXT(at, "\",\"type\":\"");
    at = put(at, event->type, sizes.type);
    *at++ = '"';
    if (event->unit) {
        at = PUT_TEXT(at, ",\"unit\":\"");
        at = put(at, event->unit, sizes.unit);
        *at++ = '"';
    }
    if (event->has_task)
        at = put_int(PUT_TEXT(at, ",\"task\":"), event->task);
    if (event->has_pr)
        at = put_int(PUT_TEXT(at, ",\"pr\":"), event->pr);
    if (event->payload)
        at = put(PUT_TEXT(at, ",\"payload\":"), event->payload, sizes.payload);
    if (event->error) {
        at = PUT_TEXT(at, ",\"error\":\"");
        at = put(at, event->error, sizes.error);
        *at++ = '"';
    }
    *at++ = '}';
    text->bytes = text->plain;
    text->size = (size_t)(at - text->plain);
    return true;
}

static int event_text_make_any(struct event_text *text, const struct table *table,
                               const struct hd_new_event *event, const char *now,
                               char ret_words[static EVENT_CHECK_WORDS])
{
    struct hd_new_event copy = *event;
    struct arena arena = ARENA_INIT;
    int r;

    r = event_check(&copy, &arena, ret_words);
    if (r == 0) {
        if (!copy.time)
            copy.time = now;
        codec_write(table, &copy, &text->other);
        if (text->other.failed)
            r = -ENOMEM;
    }
    arena_clear(&arena);
    if (r < 0) {
        buffer_clear(&text->other);
        return r;
    }
    text->bytes = text->other.data;
    text->size = text->other.size;
    return 0;
}

int event_text_make(struct event_text *text, const struct table *table,
                    const struct hd_new_event *event, char ret_words[static EVENT_CHECK_WORDS])
{
    char now[RFC3339_SIZE];

    text->other = (struct buffer)BUFFER_INIT;
    if (!event->time)
        rfc3339_write(rfc3339_now(), now);
    if (event_text_make_plain(text, event, now))
        return 0;
    return event_text_make_any(text, table, event, now, ret_words);
}

void event_text_clear(struct event_text *text)
{
    buffer_clear(&text->other);
}
