/* Messages, fields and batches over their limit: TooLarge with what and how much. */
#include "bad_input.h"

#include "harness.h"

static const char *call(const char *method, const char *before, const char *unit, size_t count,
                        const char *after)
{
    return harness_text("{'method':'dev.historyd.history.%s','parameters':{%s%s%s}}", method,
                        harness_quote(before), harness_repeat(unit, count), harness_quote(after));
}

static const char *long_message(void)
{
    return call("GetRun", "'run_id':'", "x", 16 << 20, "'");
}

static const char *deep_message(void)
{
    /* the message is 1, its parameters 2, the brackets go on from 3 */
    return harness_text("{'method':'dev.historyd.history.Ping','parameters':{'x':%s%s}}",
                        harness_repeat("[", 63), harness_repeat("]", 63));
}

static const char *many_values(void)
{
    return call("Ping", "'x':[0", ",0", 500000, "]");
}

static const char *many_events(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'a'}", ",{\"type\":\"a\"}", 10000,
                "]");
}

static const char *long_payload(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'a','payload':{'k':'", "x",
                (1 << 20) - 7, "'}}]");
}

static const char *long_error(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'a'},{'type':'a','error':'", "x",
                65537, "'}]");
}

static const char *long_type(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'", "x", 129, "'}]");
}

static const char *long_unit(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'a','unit':'", "x", 1025, "'}]");
}

static const char *long_unit_of_wide_letters(void)
{
    return call("AppendEvents", "'run_id':'r','events':[{'type':'a','unit':'", "\xc3\xa9", 513,
                "'}]");
}

static const char *long_repository(void)
{
    return call("CreateRun", "'id':'new','repo_path':'", "/", 4097, "'");
}

static const char *long_tasks_folder(void)
{
    return call("CreateRun", "'id':'new','repo_path':'/x','tasks_dir':'", "/", 4097, "'");
}

static const char *long_reason(void)
{
    return call("StopRun", "'run_id':'r','reason':'", "x", 1025, "'");
}

static const char *long_run_error(void)
{
    return call("CompleteRun", "'run_id':'r','status':'failed','error':'", "x", 65537, "'");
}

static const char *long_label(void)
{
    return call("PutGraph", "'run_id':'r','graph':{'edges':[],'nodes':[{'id':'a','label':'", "x",
                1025, "'}]}");
}

static const char *long_node(void)
{
    return call("PutGraph", "'run_id':'r','graph':{'edges':[],'nodes':[{'id':'", "x", 1025, "'}]}");
}

static const char *long_attributes(void)
{
    return call("PutGraph",
                "'run_id':'r','graph':{'edges':[],'nodes':[{'id':'a','attributes':{'k':'", "x",
                (1 << 20) - 7, "'}}]}");
}

static const char *many_nodes(void)
{
    return call("PutGraph", "'run_id':'r','graph':{'edges':[],'nodes':[{'id':'a'}",
                ",{\"id\":\"b\"}", 100000, "]}");
}

static const char *long_run_id(void)
{
    return call("GetRun", "'run_id':'", "x", 129, "'");
}

static const char *long_name(void)
{
    return harness_text("{'method':'dev.historyd.history.Ping','parameters':{'%s':1}}",
                        harness_repeat("x", 65));
}

static const char *long_wide_name(void)
{
    /* 63 bytes and a letter of two: cut in front of the letter, never within */
    return harness_text("{'method':'dev.historyd.history.Ping','parameters':{'%s\xc3\xa9x':1}}",
                        harness_repeat("x", 63));
}

#define X16 "xxxxxxxxxxxxxxxx"
#define TOO_LARGE(function, what, limit)                                                           \
    LONG(function, "TooLarge", "{'what':'" what "','limit':" limit "}", false)

const struct bad_input bad_sizes[] = {
    LONG(long_message, "TooLarge", "{'what':'message','limit':16777216}", true),
    LONG(deep_message, "TooLarge", "{'what':'depth','limit':64}", true),
    LONG(many_values, "TooLarge", "{'what':'values','limit':500000}", true),
    TOO_LARGE(many_events, "events", "10000"),
    TOO_LARGE(long_payload, "events[0].payload", "1048576"),
    TOO_LARGE(long_error, "events[1].error", "65536"),
    TOO_LARGE(long_type, "events[0].type", "128"),
    TOO_LARGE(long_unit, "events[0].unit", "1024"),
    TOO_LARGE(long_unit_of_wide_letters, "events[0].unit", "1024"),
    TOO_LARGE(long_repository, "repo_path", "4096"),
    TOO_LARGE(long_tasks_folder, "tasks_dir", "4096"),
    TOO_LARGE(long_reason, "reason", "1024"),
    TOO_LARGE(long_run_error, "error", "65536"),
    TOO_LARGE(long_label, "graph.nodes[0].label", "1024"),
    TOO_LARGE(long_node, "graph.nodes[0].id", "1024"),
    TOO_LARGE(long_attributes, "graph.nodes[0].attributes", "1048576"),
    TOO_LARGE(many_nodes, "graph.nodes", "100000"),
    LONG(long_run_id, "InvalidParameter", "{'parameter':'run_id'}", false),
    LONG(long_name, "InvalidParameter", "{'parameter':'" X16 X16 X16 X16 "\xe2\x80\xa6'}", false),
    LONG(long_wide_name, "InvalidParameter",
         "{'parameter':'" X16 X16 X16 "xxxxxxxxxxxxxxx\xe2\x80\xa6'}", false),
};
const size_t n_bad_sizes = sizeof(bad_sizes) / sizeof(*bad_sizes);
