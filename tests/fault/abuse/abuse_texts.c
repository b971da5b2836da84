#include "abuse_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *bytes_new(size_t size)
{
    char *bytes = malloc(size);

    if (!bytes)
        _exit(1);
    return bytes;
}

struct abuse_text text_call(const char *method, const char *parameters, const char *rest)
{
    char *bytes;
    int size = asprintf(&bytes, "{\"method\":\"dev.historyd.history.%s\",\"parameters\":%s%s}",
                        method, parameters, rest);

    if (size < 0)
        _exit(1);
    return (struct abuse_text){.bytes = bytes, .size = (size_t)size + 1};
}

struct abuse_text text_pipeline(struct abuse_text call, size_t count)
{
    char *bytes = bytes_new(call.size * count);

    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * call.size, call.bytes, call.size);
    return (struct abuse_text){.bytes = bytes, .size = call.size * count};
}

struct abuse_text text_endless(size_t size)
{
    char *bytes = bytes_new(size);

    memset(bytes, ' ', size);
    return (struct abuse_text){.bytes = bytes, .size = size};
}

/* A call whose event has this member last. */
static struct abuse_text text_event(const char *member, const char *value)
{
    struct abuse_text text;
    char *parameters;

    if (asprintf(&parameters, "{\"run_id\":\"none\",\"events\":[{\"type\":\"a\",\"%s\":%s}]}",
                 member, value) < 0)
        _exit(1);
    text = text_call("AppendEvents", parameters, "");
    free(parameters);
    return text;
}

struct abuse_text text_long(size_t size)
{
    char *value = bytes_new(size + 3);
    struct abuse_text text;

    memset(value, 'x', size + 2);
    value[0] = value[size + 1] = '"';
    value[size + 2] = '\0';
    text = text_event("error", value);
    free(value);
    return text;
}

struct abuse_text text_nested(size_t depth)
{
    char *value = bytes_new(2 * depth + 8);
    struct abuse_text text;

    memcpy(value, "{\"a\":", 5);
    memset(value + 5, '[', depth);
    memset(value + 5 + depth, ']', depth);
    memcpy(value + 5 + 2 * depth, "}", 2);
    text = text_event("payload", value);
    free(value);
    return text;
}

struct abuse_text text_values(size_t count)
{
    char *value = bytes_new(2 * count + 16);
    struct abuse_text text;
    size_t size = 5;

    memcpy(value, "{\"a\":[0", 7);
    for (size = 7; count > 1; count--) {
        value[size++] = ',';
        value[size++] = '0';
    }
    memcpy(value + size, "]}", 3);
    text = text_event("payload", value);
    free(value);
    return text;
}
