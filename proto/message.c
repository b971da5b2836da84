#include "message.h"

#include <errno.h>
#include <string.h>

/* The members a header may have. */
enum header_bit {
    HEADER_METHOD = 1 << 0,
    HEADER_ERROR = 1 << 1,
    HEADER_PARAMETERS = 1 << 2,
    HEADER_MORE = 1 << 3,
    HEADER_ONEWAY = 1 << 4,
    HEADER_UPGRADE = 1 << 5,
    HEADER_CONTINUES = 1 << 6,
};

static const struct {
    const char *name;
    enum header_bit bit;
} header_members[] = {
    {"method", HEADER_METHOD},       {"error", HEADER_ERROR},   {"parameters", HEADER_PARAMETERS},
    {"more", HEADER_MORE},           {"oneway", HEADER_ONEWAY}, {"upgrade", HEADER_UPGRADE},
    {"continues", HEADER_CONTINUES},
};

static const unsigned int call_members =
    HEADER_METHOD | HEADER_PARAMETERS | HEADER_MORE | HEADER_ONEWAY | HEADER_UPGRADE;
static const unsigned int reply_members = HEADER_ERROR | HEADER_PARAMETERS | HEADER_CONTINUES;

static int malformed(struct fault *ret_fault, size_t offset, const char *reason)
{
    return fault_set(ret_fault, FAULT_MALFORMED, (int64_t)offset, reason);
}

static int read_name(struct json_value value, const char *reason, const char **ret_name,
                     struct fault *ret_fault)
{
    if (json_type_of(value) != JSON_STRING)
        return malformed(ret_fault, json_offset(value), reason);
    *ret_name = json_string(value);
    return *ret_name ? 0 : -ENOMEM;
}

static int read_flag(struct json_value value, const char *reason, bool *ret_flag,
                     struct fault *ret_fault)
{
    enum json_type type = json_type_of(value);

    if (type != JSON_TRUE && type != JSON_FALSE)
        return malformed(ret_fault, json_offset(value), reason);
    *ret_flag = type == JSON_TRUE;
    return 0;
}

static int read_parameters(struct json_value value, struct json_value *ret_parameters,
                           struct fault *ret_fault)
{
    enum json_type type = json_type_of(value);

    if (type != JSON_OBJECT && type != JSON_NULL)
        return malformed(ret_fault, json_offset(value), "`parameters` is not an object");
    if (type == JSON_OBJECT)
        *ret_parameters = value;
    return 0;
}

static int read_member(struct message *message, enum header_bit bit, struct json_value value,
                       struct fault *ret_fault)
{
    switch (bit) {
    case HEADER_METHOD:
        return read_name(value, "`method` is not a string", &message->method, ret_fault);
    case HEADER_ERROR:
        if (json_type_of(value) == JSON_NULL)
            return 0;
        return read_name(value, "`error` is not a string", &message->error, ret_fault);
    case HEADER_PARAMETERS:
        return read_parameters(value, &message->parameters, ret_fault);
    case HEADER_MORE:
        return read_flag(value, "`more` is not a boolean", &message->more, ret_fault);
    case HEADER_ONEWAY:
        return read_flag(value, "`oneway` is not a boolean", &message->oneway, ret_fault);
    case HEADER_UPGRADE:
        return read_flag(value, "`upgrade` is not a boolean", &message->upgrade, ret_fault);
    case HEADER_CONTINUES:
        return read_flag(value, "`continues` is not a boolean", &message->continues, ret_fault);
    }
    return 0;
}

/* Finds the member among those `allowed`: 1, 0 where it is none of them, -ENOMEM. */
static int find_member(struct json_value value, unsigned int allowed, enum header_bit *ret_bit)
{
    size_t size;
    const char *key = json_key_bytes(value, &size);

    if (!key)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(header_members) / sizeof(header_members[0]); i++) {
        const char *name = header_members[i].name;

        if ((header_members[i].bit & allowed) && strlen(name) == size &&
            memcmp(name, key, size) == 0) {
            *ret_bit = header_members[i].bit;
            return 1;
        }
    }
    return 0;
}

/* A call knows its members; in a reply those that are unknown are somebody's extension. */
static int read_header(struct message *message, bool call, struct fault *ret_fault)
{
    struct json_value root = json_root(message->document);
    enum header_bit bit;
    int r;

    if (json_type_of(root) != JSON_OBJECT)
        return malformed(ret_fault, json_offset(root), "the message is not an object");
    for (struct json_value value = json_first(root); value.node; value = json_after(value)) {
        r = find_member(value, call ? call_members : reply_members, &bit);
        if (r < 0)
            return r;
        if (r == 0 && call)
            return malformed(ret_fault, json_key_offset(value), "unknown header key");
        if (r == 0)
            continue;
        r = read_member(message, bit, value, ret_fault);
        if (r != 0)
            return r;
        if (message->oneway && message->more)
            return malformed(ret_fault, json_key_offset(value), "`oneway` with `more`");
    }
    if (call && !message->method) {
        size_t size;

        json_text(root, &size);
        return malformed(ret_fault, json_offset(root) + size - 1, "no `method`");
    }
    return 0;
}

static int read_message(const char *text, size_t size, bool call, const struct limits *limits,
                        struct message *ret_message, struct fault *ret_fault)
{
    struct message message = {0};
    int r = json_read(text, size, limits, &message.document, ret_fault);

    if (r != 0)
        return r;
    r = read_header(&message, call, ret_fault);
    if (r != 0) {
        message_clear(&message);
        return r;
    }
    *ret_message = message;
    return 0;
}

int message_read_call(const char *text, size_t size, const struct limits *limits,
                      struct message *ret_message, struct fault *ret_fault)
{
    return read_message(text, size, true, limits, ret_message, ret_fault);
}

int message_read_reply(const char *text, size_t size, const struct limits *limits,
                       struct message *ret_message, struct fault *ret_fault)
{
    return read_message(text, size, false, limits, ret_message, ret_fault);
}

void message_clear(struct message *message)
{
    json_document_free(message->document);
    *message = (struct message){0};
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_call_start(struct buffer *buffer, const char *method, struct message_flags flags)
{
    buffer_append_text(buffer, "{\"method\":");
    json_write_string(buffer, method);
    if (flags.more)
        buffer_append_text(buffer, ",\"more\":true");
    if (flags.oneway)
        buffer_append_text(buffer, ",\"oneway\":true");
}

static void write_parameters(struct buffer *buffer, const struct table *table, const void *record)
{
    buffer_append_text(buffer, "\"parameters\":");
    if (table && record)
        codec_write(table, record, buffer);
    else
        buffer_append_text(buffer, "{}");
}

static void write_end(struct buffer *buffer)
{
    buffer_append(buffer, "}", sizeof("}"));
}

void message_write_call(struct buffer *buffer, const char *method, struct message_flags flags,
                        const struct table *table, const void *parameters)
{
    write_call_start(buffer, method, flags);
    buffer_append_char(buffer, ',');
    write_parameters(buffer, table, parameters);
    write_end(buffer);
}

void message_write_call_text(struct buffer *buffer, const char *method, struct message_flags flags,
                             const char *parameters)
{
    write_call_start(buffer, method, flags);
    buffer_append_text(buffer, ",\"parameters\":");
    buffer_append_text(buffer, parameters ? parameters : "{}");
    write_end(buffer);
}

void message_write_reply(struct buffer *buffer, bool continues, const struct table *table,
                         const void *result)
{
    buffer_append_char(buffer, '{');
    write_parameters(buffer, table, result);
    message_write_reply_end(buffer, continues);
}

void message_write_reply_begin(struct buffer *buffer)
{
    buffer_append_text(buffer, "{\"parameters\":");
}

void message_write_reply_end(struct buffer *buffer, bool continues)
{
    if (continues)
        buffer_append_text(buffer, ",\"continues\":true");
    write_end(buffer);
}

void message_write_error(struct buffer *buffer, const char *error, const struct table *table,
                         const void *parameters)
{
    buffer_append_text(buffer, "{\"error\":");
    json_write_string(buffer, error);
    buffer_append_char(buffer, ',');
    write_parameters(buffer, table, parameters);
    write_end(buffer);
}
