/* The way in for libFuzzer. */
#include "fuzz.h"

#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t thread_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t start = thread_ms();
    int64_t passed;

    fuzz_one(data, size);
    passed = thread_ms() - start;
    fuzz_demand(passed <= FUZZ_MOST_MS, "%zu bytes took %lld ms", size, (long long)passed);
    return 0;
}
