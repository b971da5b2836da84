#include "transcript.h"

#include <ctype.h>
#include <string.h>

#include "harness.h"

enum { MAX_KEPT = 32, MAX_NAME = 32 };

struct kept_value {
    const char *name;
    const char *value;
};

static struct kept_value kept[MAX_KEPT];
static size_t n_kept;

void transcript_start(void)
{
    n_kept = 0;
}

void transcript_keep(const char *name, const char *value)
{
    ck_assert_uint_lt(n_kept, MAX_KEPT);
    kept[n_kept++] = (struct kept_value){.name = name, .value = value};
}

static const char *kept_find(const char *name, size_t size)
{
    for (size_t i = n_kept; i > 0; i--)
        if (strlen(kept[i - 1].name) == size && memcmp(kept[i - 1].name, name, size) == 0)
            return kept[i - 1].value;
    return NULL;
}

/* The next ${…} in `line`: where it starts and, in `ret_end`, what follows. */
static const char *placeholder_find(const char *line, const char **ret_end)
{
    const char *start = strstr(line, "${");
    const char *end = start ? strchr(start, '}') : NULL;

    ck_assert_msg(!start || end, "no } in: %s", line);
    if (start)
        *ret_end = end + 1;
    return start;
}

const char *transcript_fill(const char *line)
{
    const char *filled = "";
    const char *start, *end, *value;

    while ((start = placeholder_find(line, &end))) {
        value = kept_find(start + 2, (size_t)(end - start - 3));
        filled = harness_text("%s%.*s%s%.*s", filled, (int)(start - line), line, value ? value : "",
                              value ? 0 : (int)(end - start), start);
        line = end;
    }
    return harness_text("%s%s", filled, line);
}

/* How many bytes of `text` are a value of the kind; `rest` is what must follow. */
static size_t value_size(const char *kind, const char *text, const char *rest)
{
    static const char time_pattern[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    size_t size = 0;
    const char *end;

    if (strcmp(kind, "int") == 0) {
        size = *text == '-';
        while (isdigit((unsigned char)text[size]))
            size++;
        return size;
    }
    if (strcmp(kind, "time") == 0) {
        for (; time_pattern[size]; size++)
            if (time_pattern[size] == 'd' ? !isdigit((unsigned char)text[size])
                                          : text[size] != time_pattern[size])
                return 0;
        return size;
    }
    if (strcmp(kind, "text") == 0) {
        while (text[size] && text[size] != '"')
            size += text[size] == '\\' && text[size + 1] ? 2 : 1;
        return size;
    }
    ck_assert_msg(strcmp(kind, "any") == 0, "no such placeholder: %s", kind);
    end = *rest ? strstr(text, rest) : text + strlen(text);
    return end ? (size_t)(end - text) : 0;
}

/* Matches one placeholder and returns what is left of `actual`, or NULL. */
static const char *placeholder_match(const char *start, const char *end, const char *actual)
{
    char *kind = harness_text("%.*s", (int)(end - start - 3), start + 2);
    const char *name = strchr(kind, ':');
    const char *next_end;
    const char *next = placeholder_find(end, &next_end);
    char *rest = next ? harness_text("%.*s", (int)(next - end), end) : harness_text("%s", end);
    size_t size;

    if (name)
        kind[name++ - kind] = '\0';
    size = value_size(kind, actual, rest);
    if (size == 0)
        return NULL;
    if (name)
        transcript_keep(name, harness_text("%.*s", (int)size, actual));
    return actual + size;
}

bool transcript_match(const char *expected, const char *actual)
{
    const char *line = transcript_fill(expected);
    const char *start, *end;

    while ((start = placeholder_find(line, &end))) {
        if (strncmp(line, actual, (size_t)(start - line)) != 0)
            return false;
        actual = placeholder_match(start, end, actual + (start - line));
        if (!actual)
            return false;
        line = end;
    }
    return strcmp(line, actual) == 0;
}
