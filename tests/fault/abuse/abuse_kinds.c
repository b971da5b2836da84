/*
 * The kinds of harm.
 */
#include <stdio.h>
#include <string.h>

#include "abuse_crowd.h"
#include "abuse_texts.h"

enum { MOST_TEXTS = 4, SLOW_MS = 200, PIPELINE = 1000, GARBAGE_MOST = 1024 };

/* What the connections of this process say, taken in turns by their number and their messages. */
static struct abuse_text texts[MOST_TEXTS];
static size_t n_texts;

static void text_add(struct abuse_text text)
{
    texts[n_texts++] = text;
}

static void fill_in_turns(struct abuse_peer *peer)
{
    const struct abuse_text *text =
        &texts[((size_t)peer->number + (size_t)peer->messages) % n_texts];

    peer->bytes = text->bytes;
    peer->size = text->size;
}

static bool all_read(const struct abuse_peer *peer)
{
    (void)peer;
    return true;
}

static bool half_read(const struct abuse_peer *peer)
{
    return peer->number / 4 % 2 == 0;
}

static void prepare_ping(void)
{
    text_add(text_call("Ping", "{}", ""));
}

static void prepare_reads(void)
{
    text_add(text_call("ListEvents", "{\"run_id\":\"full\",\"limit\":1000}", ""));
    text_add(text_call("Watch", "{\"after_id\":0}", ",\"more\":true"));
    text_add(text_call("GetMetrics", "{}", ""));
}

static void prepare_huge(void)
{
    text_add(text_endless(HUGE_FRAME));
    text_add(text_long(HUGE_TEXT));
}

static void prepare_nested(void)
{
    text_add(text_nested(NEST_LIMIT - 8));
    text_add(text_nested(NEST_LIMIT * 2));
    text_add(text_nested(100000));
}

static void prepare_values(void)
{
    text_add(text_values(VALUES_LIMIT - 100));
    text_add(text_values(VALUES_LIMIT * 2));
}

static void prepare_oneway(void)
{
    text_add(text_pipeline(text_call("AppendEvents",
                                     "{\"run_id\":\"flood\",\"events\":[{\"type\":\"a\"}]}",
                                     ",\"oneway\":true"),
                           10));
    text_add(text_pipeline(text_call("AppendEvents",
                                     "{\"run_id\":\"none\",\"events\":[{\"type\":\"a\"}]}",
                                     ",\"oneway\":true"),
                           100));
    text_add(text_pipeline(text_call("ListRuns", "{\"count\":true}", ",\"oneway\":true"), 10));
    text_add(text_pipeline(text_call("Ping", "{}", ",\"oneway\":true"), 100));
}

static void prepare_pipelines(void)
{
    text_add(text_pipeline(text_call("GetRun", "{\"run_id\":\"full\"}", ""), PIPELINE));
    text_add(text_pipeline(text_call("GetStatus", "{}", ""), PIPELINE));
    text_add(text_pipeline(
        text_call("AppendEvents", "{\"run_id\":\"none\",\"events\":[{\"type\":\"a\"}]}", ""),
        PIPELINE));
    text_add(text_pipeline(text_call("Nothing", "{}", ""), PIPELINE));
}

static void prepare_half_closed(void)
{
    prepare_reads();
    text_add(text_call("Ping", "{}", ""));
}

static void prepare_garbage(void)
{
    text_add(text_call("AppendEvents",
                       "{\"run_id\":\"flood\",\"events\":[{\"type\":\"a\",\"payload\":{\"b\":1}}]}",
                       ""));
    text_add(text_call("ListRuns", "{\"limit\":3}", ""));
    text_add(text_call("GetRun", "{\"run_id\":\"full\"}", ""));
}

/* Bytes of nothing, or a good call with a few bytes changed. */
static void fill_garbage(struct abuse_peer *peer)
{
    const struct abuse_text *text = &texts[crowd_random((uint32_t)n_texts)];

    peer->bytes = peer->own;
    if (crowd_random(2) == 0) {
        peer->size = 1 + crowd_random(GARBAGE_MOST);
        for (size_t i = 0; i < peer->size; i++)
            peer->own[i] = (char)crowd_random(256);
        return;
    }
    peer->size = text->size;
    memcpy(peer->own, text->bytes, text->size);
    for (uint32_t i = crowd_random(4); i > 0; i--)
        peer->own[crowd_random((uint32_t)text->size)] = (char)crowd_random(256);
}

const struct abuse_kind abuse_kinds[] = {
    {.name = "connect-flood", .prepare = prepare_ping, .fill = fill_in_turns, .messages = 1},
    {.name = "slow-senders",
     .prepare = prepare_ping,
     .fill = fill_in_turns,
     .reads = all_read,
     .chunk = 1,
     .pause_ms = SLOW_MS},
    {.name = "never-reading", .prepare = prepare_reads, .fill = fill_in_turns},
    {.name = "huge-frames", .prepare = prepare_huge, .fill = fill_in_turns, .reads = all_read},
    {.name = "deep-nesting", .prepare = prepare_nested, .fill = fill_in_turns, .reads = all_read},
    {.name = "many-values", .prepare = prepare_values, .fill = fill_in_turns, .reads = all_read},
    {.name = "oneway-floods", .prepare = prepare_oneway, .fill = fill_in_turns},
    {.name = "pipelines", .prepare = prepare_pipelines, .fill = fill_in_turns},
    {.name = "half-closed",
     .prepare = prepare_half_closed,
     .fill = fill_in_turns,
     .reads = half_read,
     .messages = 2,
     .half_close = true},
    {.name = "descriptors",
     .prepare = prepare_ping,
     .fill = fill_in_turns,
     .reads = half_read,
     .descriptors = 32},
    {.name = "garbage", .prepare = prepare_garbage, .fill = fill_garbage, .reads = all_read},
};

const int n_abuse_kinds = sizeof(abuse_kinds) / sizeof(*abuse_kinds);
