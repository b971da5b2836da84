#include "redact.h"

#include <errno.h>
#include <string.h>

#include "redact_private.h"

enum {
    ROUNDS = 6,
    KEEP_BYTES = 1 << 16, /* of memory that is used again */
};

typedef int redact_step(const struct redact_pass *pass, const char *text, size_t size,
                        struct buffer *out);

const char *redact_rule_name(enum redact_rule rule)
{
    switch (rule) {
    case REDACT_NAMED:
        return "named";
    case REDACT_UNLISTED:
        return "unlisted";
    case REDACT_KEY:
        return "key";
    case REDACT_PRIVATE_KEY:
        return "private_key";
    case REDACT_TOKEN:
        return "token";
    case REDACT_JWT:
        return "jwt";
    case REDACT_URL:
        return "url";
    case REDACT_SCHEME:
        return "scheme";
    case REDACT_PAIR:
        return "pair";
    case REDACT_HIDDEN:
        return "hidden";
    }
    return "";
}

void redact_work_clear(struct redact_work *work)
{
    for (size_t i = 0; i < 2; i++)
        buffer_clear(&work->rounds[i]);
    for (size_t i = 0; i <= REDACT_LEVELS; i++) {
        buffer_clear(&work->decoded[i]);
        buffer_clear(&work->inner[i]);
    }
}

/* Large texts are rare; what they took is not kept. A buffer that failed begins anew. */
static void work_trim(struct redact_work *work)
{
    bool large = false;

    for (size_t i = 0; i < 2; i++)
        large = large || work->rounds[i].failed || work->rounds[i].capacity > KEEP_BYTES;
    for (size_t i = 0; i <= REDACT_LEVELS; i++)
        large = large || work->decoded[i].failed || work->decoded[i].capacity > KEEP_BYTES ||
                work->inner[i].failed || work->inner[i].capacity > KEEP_BYTES;
    if (large)
        redact_work_clear(work);
}

static int keep(const char *text, size_t size, struct arena *arena, const char **ret_text)
{
    char *copy = arena_copy(arena, text, size);

    if (!copy)
        return -ENOMEM;
    *ret_text = copy;
    return 0;
}

/* Passes until one changes nothing: a replacement can make a text of what stood around it that the
 * next pass reads otherwise. Who sends such a text again and again gets `whole`, which is final. */
static int redact_rounds(const struct redact_pass *pass, redact_step *step, const char *whole,
                         const char *text, struct arena *arena, const char **ret_text)
{
    struct redact_work *work = pass->work;
    const struct buffer *last = NULL;
    int r = REDACT_CHANGED;

    for (int round = 0; round < ROUNDS && r == REDACT_CHANGED; round++) {
        struct buffer *out = &work->rounds[round % 2];

        r = step(pass, last ? last->data : text, last ? last->size : strlen(text), out);
        if (r == REDACT_CHANGED)
            last = out;
    }
    if (r == REDACT_KEPT && !last) {
        *ret_text = text;
        return 0;
    }
    work->changed++;
    if (r == REDACT_CHANGED)
        r = keep(whole, strlen(whole), arena, ret_text);
    else if (r == REDACT_KEPT)
        r = keep(last->data, last->size, arena, ret_text);
    work_trim(work);
    return r;
}

int redact_payload(const struct redaction *redaction, struct redact_work *work, const char *text,
                   struct arena *arena, const char **ret_text)
{
    const struct redact_pass pass = {
        .redaction = redaction,
        .work = work,
        .listed_only = redaction->mode == REDACT_ALLOW_LIST,
    };

    if (redaction->mode == REDACT_OFF) {
        *ret_text = text;
        return 0;
    }
    return redact_rounds(&pass, redact_json_pass, "{\"" REDACT_MARK "\":\"" REDACT_MARK "\"}", text,
                         arena, ret_text);
}

int redact_text(const struct redaction *redaction, struct redact_work *work, const char *key,
                const char *text, struct arena *arena, const char **ret_text)
{
    const struct redact_pass pass = {.redaction = redaction, .work = work};

    if (redaction->mode == REDACT_OFF || *text == '\0') {
        *ret_text = text;
        return 0;
    }
    if (redaction->mode == REDACT_ALLOW_LIST && key &&
        !redaction_lists(redaction, key, strlen(key))) {
        if (strcmp(text, REDACT_MARK) == 0) {
            *ret_text = text;
            return 0;
        }
        work->replaced[REDACT_UNLISTED]++;
        work->changed++;
        return keep(REDACT_MARK, sizeof(REDACT_MARK) - 1, arena, ret_text);
    }
    return redact_rounds(&pass, redact_text_pass, REDACT_MARK, text, arena, ret_text);
}
