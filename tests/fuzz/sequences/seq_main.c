/*
 * Sequences without libFuzzer: fuzz_sequences [--sequences N] [--seed S] [FILE-OR-FOLDER...]
 *
 * Plays the files, then N sequences drawn from the seed. The same seed plays the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "fuzz_files.h"
#include "seq_daemon.h"
#include "seq_trace.h"

enum { MOST_BYTES = 256 };

static uint64_t state;

static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void play(int64_t n_sequences)
{
    uint64_t bytes[MOST_BYTES / sizeof(uint64_t)];

    for (int64_t i = 0; i < n_sequences; i++) {
        for (size_t at = 0; at < sizeof(bytes) / sizeof(bytes[0]); at++)
            bytes[at] = draw();
        fuzz_one((const uint8_t *)bytes, sizeof(bytes));
    }
}

int main(int argc, char **argv)
{
    int64_t n_sequences = 0, seed = 1;
    size_t n_files = 0;

    for (int i = 1; i < argc; i++)
        if (i + 1 < argc && strcmp(argv[i], "--sequences") == 0)
            n_sequences = strtoll(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            seed = strtoll(argv[++i], NULL, 10);
        else
            n_files += fuzz_files(argv[i]);
    state = (uint64_t)seed;
    play(n_sequences);
    seq_daemon_end();
    seq_trace_free();
    printf("%zu inputs; seed %lld: %lld sequences, all as the model says\n", n_files,
           (long long)seed, (long long)n_sequences);
    return n_files + (size_t)n_sequences > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
