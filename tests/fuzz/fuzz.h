/*
 * fuzz: what every fuzz target shares.
 *
 * A target is one file with fuzz_one(). Under libFuzzer fuzz_engine.c calls it, and ends the
 * process where one input takes more than FUZZ_MOST_MS of processor time; in every other build
 * fuzz_replay.c runs it over the files of the kept corpus, so that what was found once is tried for
 * good.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZ_MOST_MS = 100 };

/* Tries one input, which must not be kept. Aborts where a promise is broken. */
void fuzz_one(const uint8_t *data, size_t size);

/* Says what is broken, prints the words and aborts. */
#define fuzz_demand(condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_broken(__FILE__, __LINE__, __VA_ARGS__);                                          \
    } while (0)
_Noreturn void fuzz_broken(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The input in pieces. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* The next byte, 0 at the end. */
uint8_t fuzz_byte(struct fuzz_input *input);
/* The bytes up to the next 0xff or the end, with a NUL behind a copy that the caller frees; never
 * NULL. */
char *fuzz_text(struct fuzz_input *input, size_t *ret_size);
/* The same for all that is left. */
char *fuzz_rest(struct fuzz_input *input, size_t *ret_size);
