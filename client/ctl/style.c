#include "style.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const style_sequences[] = {
    [STYLE_PLAIN] = "",       [STYLE_HEADING] = "\x1b[1m", [STYLE_GOOD] = "\x1b[32m",
    [STYLE_BAD] = "\x1b[31m", [STYLE_BUSY] = "\x1b[36m",   [STYLE_WARNING] = "\x1b[33m",
    [STYLE_DIM] = "\x1b[2m",
};

static const struct {
    const char *status;
    enum style style;
} style_statuses[] = {
    {"running", STYLE_BUSY}, {"started", STYLE_BUSY},    {"completed", STYLE_GOOD},
    {"failed", STYLE_BAD},   {"stopped", STYLE_WARNING}, {"blocked", STYLE_WARNING},
    {"queued", STYLE_DIM},   {"skipped", STYLE_DIM},     {"waiting", STYLE_DIM},
};

bool style_wanted(const char *choice, const struct output *output)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (choice && strcmp(choice, "always") == 0)
        return true;
    if (choice && strcmp(choice, "never") == 0)
        return false;
    if (no_color && *no_color)
        return false;
    return output->terminal && term && strcmp(term, "dumb") != 0;
}

const char *style_begin(enum style style, bool colour)
{
    return colour ? style_sequences[style] : "";
}

const char *style_end(enum style style, bool colour)
{
    return colour && style != STYLE_PLAIN ? "\x1b[0m" : "";
}

enum style style_of_status(const char *status)
{
    for (size_t i = 0; i < sizeof(style_statuses) / sizeof(style_statuses[0]); i++)
        if (strcmp(style_statuses[i].status, status) == 0)
            return style_statuses[i].style;
    return STYLE_PLAIN;
}
