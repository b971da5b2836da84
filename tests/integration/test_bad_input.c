/*
 * Whatever is wrong with a message: the documented answer, the same at one byte a write as all at
 * once, and neither what is stored nor a neighbour's calls are harmed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "bad_input.h"
#include "bare_wire.h"
#include "harness.h"
#include "subject.h"

static struct subject *subject;
static struct wire *neighbour;

static void stored_runs_make(void)
{
    wire_call(neighbour, "CreateRun",
              "{'id':'r','repo_path':'/r','started_at':'2026-01-20T00:00:00Z','parallelism':2}");
    wire_call(neighbour, "AppendEvents",
              "{'run_id':'r','events':[{'type':'run.started'},"
              "{'type':'unit.started','unit':'u','time':'2026-01-20T00:00:01Z'},"
              "{'type':'unit.completed','unit':'u','payload':{'n':1}}]}");
    wire_call(neighbour, "CreateRun", "{'id':'done','repo_path':'/r'}");
    wire_call(neighbour, "CompleteRun",
              "{'run_id':'done','status':'completed','completed_units':1}");
    wire_call(neighbour, "CreateRun", "{'id':'broken','repo_path':'/r'}");
    wire_call(neighbour, "CompleteRun", "{'run_id':'broken','status':'failed'}");
}

static void setup(void)
{
    harness_setup();
    subject = subject_new("historyd");
    subject_start(subject);
    neighbour = wire_open(subject);
    stored_runs_make();
}

/* The message's bytes with " for ' and its offset marks taken out. */
static char *message_of(const struct bad_input *input, long *ret_low, long *ret_high)
{
    char *message = harness_quote(input->build ? input->build() : input->message);
    long marks = 0;
    char *mark;

    *ret_low = *ret_high = -1;
    while (!input->build && (mark = strchr(message, '^'))) {
        *ret_high = mark - message;
        if (marks++ == 0)
            *ret_low = *ret_high;
        memmove(mark, mark + 1, strlen(mark));
    }
    return message;
}

static void neighbour_is_served(void)
{
    answer_matches(wire_call(neighbour, "GetRun", "{'run_id':'r'}"),
                   "{'run':{'id':'r','status':'running','last_seq':3}}");
}

/* Sends the message and its NUL; the neighbour calls when half of it is out. What is long goes one
 * byte a write at its ends only. */
static void message_send(struct wire *wire, const char *message, bool slowly)
{
    size_t size = strlen(message) + 1;
    size_t half = size / 2;
    size_t end = slowly && size > 8192 ? 4096 : half;

    if (!slowly) {
        wire_send(wire, message, size);
        neighbour_is_served();
        return;
    }
    if (!wire_send_slowly(wire, message, end))
        return;
    neighbour_is_served();
    if (!wire_send(wire, message + end, size - 2 * end - size % 2))
        return;
    wire_send_slowly(wire, message + size - end - size % 2, end + size % 2);
}

/* What is wrong with the reply, or NULL. */
static const char *complaint_of(const struct bad_input *input, cJSON *reply, long low, long high)
{
    const char *name = cJSON_GetStringValue(answer_find(reply, "error"));
    const cJSON *reason = answer_find(reply, "parameters.reason");
    const cJSON *offset = answer_find(reply, "parameters.offset");

    if (!name || strcmp(name, wire_name(input->error)) != 0)
        return harness_text("not %s", input->error);
    if (answer_find(reply, "continues"))
        return "continues";
    if (input->parameters &&
        !answer_holds(answer_find(reply, "parameters"), "%s", harness_quote(input->parameters)))
        return harness_text("not %s", input->parameters);
    if (strcmp(input->error, "MalformedMessage") != 0)
        return NULL;
    if (!cJSON_IsString(reason) || !*reason->valuestring)
        return "no reason";
    if (!cJSON_IsNumber(offset))
        return "no offset";
    if (low >= 0 && (offset->valuedouble < (double)low || offset->valuedouble > (double)high))
        return harness_text("not offset %ld to %ld", low, high);
    return NULL;
}

/* Returns how many complaints there are. */
static int input_try(const struct bad_input *input, bool slowly)
{
    struct wire *wire = wire_open(subject);
    long low, high;
    char *message = message_of(input, &low, &high);
    const char *complaint = NULL;
    cJSON *reply;

    message_send(wire, message, slowly);
    reply = wire_reply(wire);
    complaint = reply ? complaint_of(input, reply, low, high) : "no reply";
    if (complaint)
        fprintf(stderr, "%s\n  to:  %.300s\n  but: %.500s\n", complaint, message,
                reply ? cJSON_PrintUnformatted(reply) : "(end)");
    if (input->closes)
        wire_expect_end(wire);
    else
        wire_call(wire, "Ping", NULL);
    wire_close(wire);
    return complaint != NULL;
}

static cJSON *everything(const char *run)
{
    cJSON *all = cJSON_CreateArray();

    cJSON_AddItemReferenceToArray(all, wire_call(neighbour, "GetRun", "{'run_id':'%s'}", run));
    cJSON_AddItemReferenceToArray(all, wire_call(neighbour, "ListEvents", "{'run_id':'%s'}", run));
    cJSON_AddItemReferenceToArray(all, wire_call(neighbour, "ListRuns", "{'count':true}"));
    return all;
}

static void table_try(const struct bad_input *inputs, size_t n_inputs, bool slowly)
{
    cJSON *before = everything("r");
    cJSON *after;
    int complaints = 0;

    for (size_t i = 0; i < n_inputs; i++)
        complaints += input_try(&inputs[i], slowly);
    ck_assert_msg(complaints == 0, "%d of %zu answers are wrong", complaints, n_inputs);
    after = everything("r");
    ck_assert_msg(answer_equals(before, after), "something was stored: %s",
                  cJSON_PrintUnformatted(after));
    cJSON_Delete(before);
    cJSON_Delete(after);
}

START_TEST(messages_are_refused)
{
    table_try(bad_messages, n_bad_messages, _i);
}
END_TEST

START_TEST(values_are_refused)
{
    table_try(bad_values, n_bad_values, _i);
}
END_TEST

START_TEST(sizes_are_refused)
{
    table_try(bad_sizes, n_bad_sizes, _i);
}
END_TEST

START_TEST(states_are_refused)
{
    table_try(bad_states, n_bad_states, _i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad input");
    TCase *test_case = harness_case_with(suite, "table", 120, setup);

    /* 0: all at once, 1: one byte a write */
    tcase_add_loop_test(test_case, messages_are_refused, 0, 2);
    tcase_add_loop_test(test_case, values_are_refused, 0, 2);
    tcase_add_loop_test(test_case, sizes_are_refused, 0, 2);
    tcase_add_loop_test(test_case, states_are_refused, 0, 2);
    return harness_main(suite);
}
