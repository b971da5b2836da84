/*
 * starved: allocations for a program that is linked with it (ld's --wrap), one of which fails.
 *
 * HISTORYD_TEST_ALLOCATION says which, counted from 1; 0 or nothing: none. At its end the program
 * writes how many it made into the file that HISTORYD_TEST_ALLOCATIONS names.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long made;
static atomic_long chosen; /* to fail */

static bool fails(void)
{
    if (atomic_fetch_add(&made, 1) + 1 != atomic_load(&chosen))
        return false;
    errno = ENOMEM;
    return true;
}

/* Before the destructors: what tools do there (gcov) is not the program's. */
static void tell(void)
{
    const char *path = getenv("HISTORYD_TEST_ALLOCATIONS");
    FILE *file = path ? fopen(path, "we") : NULL;

    if (file) {
        fprintf(file, "%ld\n", atomic_load(&made));
        fclose(file);
    }
    atomic_store(&chosen, 0);
}

__attribute__((constructor)) static void choose(void)
{
    const char *text = getenv("HISTORYD_TEST_ALLOCATION");

    atomic_store(&made, 0);
    atomic_store(&chosen, text ? atol(text) : 0);
    atexit(tell);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **ret_text, const char *format, va_list arguments);
void *__real_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict);
/* Visible, for a sanitizer's library asks for the names, too. */
#pragma GCC visibility push(default)
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments);
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict);
#pragma GCC visibility pop

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
{
    return fails() ? -1 : __real_vasprintf(ret_text, format, arguments);
}

/* A value counts as one allocation; those that cJSON makes for it are out of sight. */
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t size, const char **end, int strict)
{
    return fails() ? NULL : __real_cJSON_ParseWithLengthOpts(text, size, end, strict);
}
