#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <historyd/client.h>

#include "roles.h"

enum { WORDS_VALUE = 200 }; /* bytes of one parameter shown */

const char *words_for_errno(int status)
{
    const char *text;

    if (status == -ENOENT)
        return "no such file";
    if (status == -ECONNREFUSED)
        return "nobody listens there";
    text = strerrordesc_np(-status);
    return text ? text : "unknown error";
}

void words_for_connect(char text[static WORDS_CONNECT], const char *path, int status)
{
    const char *remedy = "";

    if (status == -ENOENT || status == -ECONNREFUSED)
        remedy = " (is historyd running? set HISTORYD_SOCKET or --socket)";
    else if (status == -EACCES || status == -EPERM)
        remedy = " (this user may not open the socket; of a system's historyd, members of the "
                 "group historyd may)";
    else if (status == -EMFILE || status == -ENFILE)
        remedy = " (raise the limit of open files)";
    snprintf(text, WORDS_CONNECT, "cannot connect to %s: %s%s", path, words_for_errno(status),
             remedy);
}

void words_for_fault(char text[static WORDS_FAULT], const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_NONE:
        snprintf(text, WORDS_FAULT, "nothing is wrong");
        break;
    case FAULT_MALFORMED:
        snprintf(text, WORDS_FAULT, "%s at byte %" PRId64, fault->text, fault->number);
        break;
    case FAULT_TOO_LARGE_MESSAGE:
    case FAULT_TOO_LARGE:
        snprintf(text, WORDS_FAULT, "%s: larger than %" PRId64, fault->text, fault->number);
        break;
    case FAULT_INVALID_PARAMETER:
        snprintf(text, WORDS_FAULT, "%s: missing or not allowed", fault->text);
        break;
    }
}

/* At most WORDS_VALUE bytes, cut before a character, not within. */
static void words_append_value(struct buffer *text, const char *value)
{
    size_t size = strlen(value);

    if (size <= WORDS_VALUE) {
        buffer_append(text, value, size);
        return;
    }
    size = WORDS_VALUE;
    while (size > 0 && ((unsigned char)value[size] & 0xc0) == 0x80)
        size--;
    buffer_append(text, value, size);
    buffer_append_text(text, "…");
}

static bool words_append_parameters(struct buffer *text, struct json_value parameters,
                                    struct arena *arena)
{
    struct json_value member;
    const char *between = " (";

    if (!parameters.node)
        return true;
    for (member = json_first(parameters); member.node; member = json_after(member)) {
        const char *key = json_key(member);
        const char *value = json_compact(member, arena, NULL);

        if (!key || !value)
            return false;
        buffer_append_text(text, between);
        words_append_value(text, key);
        buffer_append_char(text, ' ');
        words_append_value(text, value);
        between = ", ";
    }
    if (*between == ',')
        buffer_append_char(text, ')');
    return true;
}

/* The operator's words, for the user to repeat them to the operator. */
static void words_append_role(struct buffer *text, const struct method_description *method)
{
    enum role role;

    if (!method || !role_of_method(method->name, &role))
        return;
    buffer_append_text(text, ": ");
    buffer_append_text(text, method->name);
    buffer_append_text(text, " needs the role ");
    buffer_append_text(text, role_name(role));
    buffer_append_text(text, "; who has it stands under ");
    buffer_append_text(text, role_name(role));
    buffer_append_text(text, " in [access] of the daemon's historyd.conf");
}

const char *words_for_error(struct arena *arena, const struct error_description *error,
                            const struct method_description *method, const struct message *reply)
{
    struct buffer text = BUFFER_INIT;
    const char *words = NULL;

    if (error) {
        buffer_append_text(&text, error->summary);
        if (text.size > 0 && text.data[text.size - 1] == '.')
            text.size--;
        if (error->code == HD_PERMISSION_DENIED)
            words_append_role(&text, method);
    } else {
        buffer_append_text(&text, "the daemon answered with an error unknown here, ");
        words_append_value(&text, reply->error);
    }
    if (words_append_parameters(&text, reply->parameters, arena) && !text.failed)
        words = arena_copy(arena, text.data, text.size);
    buffer_clear(&text);
    return words;
}

const char *hd_status_name(int status)
{
    const struct error_description *error;
    const char *name, *dot;

    if (status == 0)
        return "OK";
    if (status == HD_UNKNOWN_ERROR)
        return "UnknownError";
    if (status < 0) {
        name = strerrorname_np(-status);
        return name ? name : "unknown";
    }
    error = error_describe((enum hd_error_code)status);
    if (!error)
        return "unknown";
    dot = strrchr(error->name, '.');
    return dot ? dot + 1 : error->name;
}
