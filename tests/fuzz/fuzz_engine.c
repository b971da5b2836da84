/* The way in for libFuzzer. */
#include "fuzz.h"

#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* What seems to take long on a busy machine is tried again by the time of the processor, which is
 * dear to ask for. */
static void try_again(const uint8_t *data, size_t size)
{
    int64_t start = clock_ms(CLOCK_THREAD_CPUTIME_ID);
    int64_t passed;

    fuzz_one(data, size);
    passed = clock_ms(CLOCK_THREAD_CPUTIME_ID) - start;
    fuzz_demand(passed <= FUZZ_MOST_MS, "%zu bytes took %lld ms", size, (long long)passed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t start = clock_ms(CLOCK_MONOTONIC);

    fuzz_one(data, size);
    if (clock_ms(CLOCK_MONOTONIC) - start > FUZZ_MOST_MS)
        try_again(data, size);
    return 0;
}
