#include "kill_book.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

struct kill_book *kill_book_new(void)
{
    struct kill_book *book = harness_shared(sizeof(*book));

    book->pause_us = KILL_PAUSE_US;
    return book;
}

void kill_book_fault(struct kill_book *book, const char *format, ...)
{
    va_list arguments;

    if (atomic_fetch_add(&book->faults, 1) > 0)
        return;
    va_start(arguments, format);
    vsnprintf(book->fault, sizeof(book->fault), format, arguments);
    va_end(arguments);
}

void kill_book_name(int run, struct kill_names *ret_names)
{
    snprintf(ret_names->run, sizeof(ret_names->run), "r%02d", run);
    snprintf(ret_names->repo, sizeof(ret_names->repo), "/srv/%s", run % 2 ? "odd" : "even");
}

int kill_book_run(const char *name)
{
    long run = name[0] == 'r' ? strtol(name + 1, NULL, 10) : -1;

    return run >= 0 && run < KILL_RUNS ? (int)run : -1;
}

/* Of many lengths, so that pages fill differently. */
static int pad_of(int64_t n)
{
    return (int)(n * 7919 % KILL_PAD);
}

struct hd_new_event kill_book_event_of(const char *run, int64_t n, struct kill_payload *ret_payload)
{
    char pad[KILL_PAD];

    memset(pad, 'x', sizeof(pad));
    snprintf(ret_payload->text, sizeof(ret_payload->text),
             "{\"run\":\"%s\",\"n\":%lld,\"pad\":\"%.*s\"}", run, (long long)n, pad_of(n), pad);
    return (struct hd_new_event){
        .has_seq = true, .seq = n, .type = "unit.completed", .payload = ret_payload->text};
}

struct hd_new_event kill_book_event(int run, int64_t n, struct kill_payload *ret_payload)
{
    struct kill_names names;

    kill_book_name(run, &names);
    return kill_book_event_of(names.run, n, ret_payload);
}

const char *kill_book_query_strange(void)
{
    static char query[512];
    char pad[KILL_PAD + 1] = "";

    memset(pad, 'x', KILL_PAD);
    snprintf(query, sizeof(query),
             "SELECT count(*) FROM events WHERE " KILL_RUNS_OF_SENDERS " AND payload IS NOT printf("
             "'{\"run\":\"%%s\",\"n\":%%d,\"pad\":\"%%s\"}', run_id, seq, "
             "substr('%s', 1, seq * 7919 %% %d))",
             pad, KILL_PAD);
    return query;
}

uint32_t kill_random(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}
