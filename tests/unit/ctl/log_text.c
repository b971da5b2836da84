#include "log_text.h"

#include <inttypes.h>

struct buffer text;
struct arena arena;
struct ninja_log loaded;
struct ninja_builds builds;

void log_setup(void)
{
    arena = (struct arena)ARENA_INIT;
    text = (struct buffer)BUFFER_INIT;
    loaded = (struct ninja_log){.version = 0};
}

void log_teardown(void)
{
    ninja_log_clear(&loaded);
    buffer_clear(&text);
    arena_clear(&arena);
}

void log_begin(int version)
{
    char line[64];

    snprintf(line, sizeof(line), "# ninja log v%d\n", version);
    text.size = 0;
    buffer_append_text(&text, line);
}

void log_line(int64_t start, int64_t end, int64_t mtime, const char *output, unsigned int hash)
{
    char line[256];

    snprintf(line, sizeof(line), "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%x\n", start, end,
             mtime * 1000, output, hash);
    buffer_append_text(&text, line);
}

void log_edge(int64_t base, int64_t start, int64_t end, const char *output, unsigned int hash)
{
    log_line(start, end, base + end * 1000, output, hash);
}

void log_end(void)
{
    ck_assert_int_eq(ninja_log_read(text.data, text.size, &loaded), 0);
    ck_assert_uint_eq(loaded.n_broken, 0);
    ck_assert_int_eq(ninja_builds_find(&loaded, SECOND + 900000000, &arena, &builds), 0);
}

void unit_is(size_t build, size_t unit, const char *name, size_t n_outputs)
{
    const struct ninja_unit *found = &builds.builds[build].units[unit];

    ck_assert_uint_lt(unit, builds.builds[build].n_units);
    ck_assert_uint_eq(found->entries[0].output_size, strlen(name));
    ck_assert_mem_eq(found->entries[0].output, name, strlen(name));
    ck_assert_uint_eq(found->n_outputs, n_outputs);
}
