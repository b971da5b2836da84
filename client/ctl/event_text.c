#include "event_text.h"

#include <string.h>

#include "display.h"
#include "json.h"
#include "moment.h"

bool event_text_number(const char *payload, const char *key, int64_t *ret_number)
{
    struct json_document *document;
    struct fault fault;
    bool found = false;

    if (!payload || !strstr(payload, key) ||
        json_read(payload, strlen(payload), &limits_default, &document, &fault) != 0)
        return false;
    if (json_type_of(json_root(document)) == JSON_OBJECT) {
        struct json_value member = json_first(json_root(document));

        for (; member.node && !found; member = json_after(member))
            if (json_key_is(member, key, strlen(key)) && json_type_of(member) == JSON_NUMBER)
                found = json_integer(member, ret_number);
    }
    json_document_free(document);
    return found;
}

const char *event_text_line(const char *error, size_t *ret_size)
{
    const char *first = NULL;
    const char *line = error;

    while (*line) {
        size_t size = strcspn(line, "\n");

        if (size && memmem(line, size, "error", 5)) {
            *ret_size = size;
            return line;
        }
        if (size && !first)
            first = line;
        line += size + (line[size] == '\n');
    }
    *ret_size = first ? strcspn(first, "\n") : 0;
    return first ? first : error;
}

/* Appends at most `most` columns, with an ellipsis where there was more. */
static void event_text_cut(const char *text, size_t size, size_t most, struct buffer *buffer)
{
    size_t kept = 0;
    size_t width = 0;

    while (kept < size) {
        uint32_t character;
        size_t length = display_decode(text + kept, size - kept, &character);
        size_t columns = display_width(text + kept, length ? length : 1);

        if (width + columns > most) {
            buffer_append(buffer, text, kept);
            buffer_append_text(buffer, "…");
            return;
        }
        width += columns;
        kept += length ? length : 1;
    }
    buffer_append(buffer, text, size);
}

static void event_text_numbers(const struct hd_event *event, struct buffer *buffer)
{
    const char *after = event->error || event->payload ? ": " : "";

    if (event->has_task) {
        buffer_append_text(buffer, "task ");
        buffer_append_int(buffer, event->task);
        buffer_append_text(buffer, event->has_pr ? ", " : after);
    }
    if (event->has_pr) {
        buffer_append_text(buffer, "pull request ");
        buffer_append_int(buffer, event->pr);
        buffer_append_text(buffer, after);
    }
}

void event_text_detail(const struct hd_event *event, size_t most, struct buffer *buffer)
{
    int64_t duration;
    size_t size;

    event_text_numbers(event, buffer);
    if (event->error) {
        const char *line = event_text_line(event->error, &size);

        event_text_cut(line, size, most, buffer);
    } else if (event_text_number(event->payload, "duration_ms", &duration) &&
               duration < INT64_MAX / 1000 && duration > INT64_MIN / 1000) {
        char text[MOMENT_SIZE];

        moment_write_duration(duration * 1000, text);
        buffer_append_text(buffer, text);
    } else if (event->payload) {
        event_text_cut(event->payload, strlen(event->payload), most, buffer);
    }
}

enum style event_text_style(const char *type)
{
    const char *dot = strrchr(type, '.');

    return dot ? style_of_status(dot + 1) : STYLE_PLAIN;
}

const char *event_text_status(const char *type)
{
    static const char *const statuses[] = {"queued", "started", "completed",
                                           "failed", "blocked", "skipped"};

    if (strncmp(type, "unit.", 5) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (strcmp(type + 5, statuses[i]) == 0)
            return strcmp(statuses[i], "started") == 0 ? "running" : statuses[i];
    return NULL;
}
