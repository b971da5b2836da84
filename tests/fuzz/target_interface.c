/* The interface compiler: a .varlink file and the rules, up to the first 0xff and behind it. */
#include <stdlib.h>

#include "fuzz.h"
#include "idl.h"
#include "idl_checker.h"
#include "idl_emit.h"
#include "idl_parser.h"
#include "idl_rules.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    static void (*const emitters[])(struct buffer *, const struct idl *) = {
        emit_types, emit_calls_header, emit_calls, emit_tables_header, emit_tables, emit_dispatch};
    struct fuzz_input input = {data, size};
    struct arena arena = ARENA_INIT;
    struct idl idl = {.arena = &arena};
    struct buffer out = BUFFER_INIT;
    size_t text_size, rules_size;
    char *text = fuzz_text(&input, &text_size);
    char *rules = fuzz_rest(&input, &rules_size);

    if (idl_parse(&idl, "fuzz.varlink", text, text_size) == 0 && idl_check(&idl) == 0 &&
        idl_rules_read(&idl, "fuzz.rules", rules) == 0)
        for (size_t i = 0; i < sizeof(emitters) / sizeof(emitters[0]); i++)
            emitters[i](&out, &idl);
    buffer_clear(&out);
    arena_clear(&arena);
    free(text);
    free(rules);
}
