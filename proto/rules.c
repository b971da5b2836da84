#include "rules.h"

#include <string.h>

#include "rfc3339.h"

enum {
    RULES_RUN_ID_MOST = 128, /* bytes */
    RULES_PAGE_MOST = 1000,
};

static const struct verdict fine = {FAULT_NONE, 0};
static const struct verdict invalid = {FAULT_INVALID_PARAMETER, 0};

static struct verdict valid_if(bool valid)
{
    return valid ? fine : invalid;
}

/* What a rule allows at most, in bytes or elements; -1 where it has no such limit. */
static int64_t limit_of(enum rule rule, const struct limits *limits)
{
    switch (rule) {
    case RULE_NONE:
    case RULE_COUNT:
    case RULE_POSITIVE:
    case RULE_PAGE:
    case RULE_SEQ:
    case RULE_RUN_ID:
    case RULE_TIME:
    case RULE_RUN_STATUS:
    case RULE_END_STATUS:
        return -1;
    case RULE_PATH:
    case RULE_DIRECTORY:
        return limits->path;
    case RULE_TYPE:
        return limits->type;
    case RULE_UNIT:
        return limits->unit;
    case RULE_LABEL:
        return limits->label;
    case RULE_REASON:
        return limits->reason;
    case RULE_ERROR:
        return limits->error;
    case RULE_PAYLOAD:
        return limits->payload;
    case RULE_EVENTS:
        return limits->events;
    case RULE_NODES:
        return limits->nodes;
    case RULE_EDGES:
        return limits->edges;
    }
    return -1;
}

struct verdict rule_judge_size(enum rule rule, size_t size, const struct limits *limits)
{
    int64_t limit = limit_of(rule, limits);

    if (limit >= 0 && (uint64_t)size > (uint64_t)limit)
        return (struct verdict){FAULT_TOO_LARGE, limit};
    return valid_if(rule != RULE_EVENTS || size > 0);
}

struct verdict rule_judge_int(enum rule rule, int64_t value)
{
    if (rule == RULE_COUNT)
        return valid_if(value >= 0);
    if (rule == RULE_POSITIVE || rule == RULE_SEQ)
        return valid_if(value >= 1);
    if (rule == RULE_PAGE)
        return valid_if(value >= 1 && value <= RULES_PAGE_MOST);
    return fine;
}

bool rule_is_run_id(const char *text)
{
    size_t size = strnlen(text, RULES_RUN_ID_MOST + 1);

    for (size_t i = 0; i < size; i++)
        if (text[i] < '!' || text[i] > '~')
            return false;
    return size >= 1 && size <= RULES_RUN_ID_MOST;
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool rule_is_event_type(const char *text)
{
    bool starts = true;

    for (; *text; text++) {
        if (starts ? !is_word_start(*text)
                   : !is_word_start(*text) && *text != '_' && *text != '-' && *text != '.')
            return false;
        starts = *text == '.';
    }
    return !starts;
}

static bool is_end_status(const char *text)
{
    return strcmp(text, "completed") == 0 || strcmp(text, "failed") == 0 ||
           strcmp(text, "stopped") == 0;
}

struct verdict rule_judge_text(enum rule rule, const char *text, size_t size,
                               const struct limits *limits)
{
    int64_t limit = limit_of(rule, limits);
    int64_t time;

    if (limit >= 0 && (uint64_t)size > (uint64_t)limit)
        return (struct verdict){FAULT_TOO_LARGE, limit};
    switch (rule) {
    case RULE_NONE:
    case RULE_COUNT:
    case RULE_POSITIVE:
    case RULE_PAGE:
    case RULE_SEQ:
    case RULE_DIRECTORY:
    case RULE_LABEL:
    case RULE_REASON:
    case RULE_ERROR:
    case RULE_PAYLOAD:
    case RULE_EVENTS:
    case RULE_NODES:
    case RULE_EDGES:
        return fine;
    case RULE_RUN_ID:
        return valid_if(rule_is_run_id(text));
    case RULE_PATH:
    case RULE_UNIT:
        return valid_if(size > 0);
    case RULE_TYPE:
        return valid_if(rule_is_event_type(text));
    case RULE_TIME:
        return valid_if(rfc3339_read(text, &time));
    case RULE_RUN_STATUS:
        return valid_if(is_end_status(text) || strcmp(text, "running") == 0);
    case RULE_END_STATUS:
        return valid_if(is_end_status(text));
    }
    return fine;
}
