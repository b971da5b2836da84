/*
 * Redaction: what comes out of a payload is JSON of the same kind, and redacting it once more
 * changes nothing.
 *
 * The first byte chooses the mode; the rest is a payload where it is a JSON object, and a text.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json.h"
#include "redact.h"
#include "utf8.h"

static void try_payload(const struct redaction *redaction, struct redact_work *work,
                        const char *text, struct arena *arena)
{
    const char *once, *twice;
    struct fault fault;
    size_t size;

    fuzz_demand(redact_payload(redaction, work, text, arena, &once) == 0, "out of memory");
    fuzz_demand(json_check_object(once, strlen(once), &limits_reply, &size, &fault) == 0,
                "no JSON any more: %s at %lld of %s", fault.text, (long long)fault.number, once);
    fuzz_demand(redact_payload(redaction, work, once, arena, &twice) == 0, "out of memory");
    fuzz_demand(strcmp(once, twice) == 0, "%s became %s", once, twice);
}

static void try_text(const struct redaction *redaction, struct redact_work *work, const char *text,
                     struct arena *arena)
{
    const char *once, *twice;

    fuzz_demand(redact_text(redaction, work, "error", text, arena, &once) == 0, "out of memory");
    fuzz_demand(utf8_valid(once, strlen(once)), "no UTF-8 any more");
    fuzz_demand(redact_text(redaction, work, "error", once, arena, &twice) == 0, "out of memory");
    fuzz_demand(strcmp(once, twice) == 0, "%s became %s", once, twice);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static struct redaction *redactions[2];
    static struct redact_work works[2];
    struct fuzz_input input = {data, size};
    struct arena arena = ARENA_INIT;
    size_t mode = fuzz_byte(&input) % 2, rest, compact;
    char *text = fuzz_rest(&input, &rest);
    struct fault fault;

    if (!redactions[0]) {
        redactions[0] = redaction_new(REDACT_SECRETS, "my_key", NULL);
        redactions[1] = redaction_new(REDACT_ALLOW_LIST, NULL, NULL);
        fuzz_demand(redactions[0] && redactions[1], "out of memory");
    }
    if (strlen(text) == rest) {
        if (json_check_object(text, rest, &limits_default, &compact, &fault) == 0)
            try_payload(redactions[mode], &works[mode], text, &arena);
        if (utf8_valid(text, rest))
            try_text(redactions[mode], &works[mode], text, &arena);
    }
    arena_clear(&arena);
    free(text);
}
