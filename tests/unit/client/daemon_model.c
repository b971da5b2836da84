#include "daemon_model.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interface.h"
#include "message.h"

void daemon_model_clear(struct daemon_model *model)
{
    size_t i;

    for (i = 0; i <= MODEL_EVENTS; i++)
        free(model->events[i]);
    *model = (struct daemon_model){0};
}

/* Reads the parameters as the daemon does; they live in `arena`. */
static bool read_parameters(struct fake_server *server, const char *text, struct arena *arena,
                            struct hd_append_events_params *ret_params)
{
    const struct method_description *method;
    struct message message;
    struct fault fault = {0};
    int r;

    if (message_read_call(text, strlen(text), &limits_default, &message, &fault) != 0) {
        fake_problem(server, "a bad message: %s", fault.text);
        return false;
    }
    method = method_find(message.method);
    r = method && strcmp(method->name, "dev.historyd.history.AppendEvents") == 0 ? 0 : -1;
    if (r == 0)
        r = codec_read(method->parameters, message.parameters, &limits_default, CODEC_STRICT, arena,
                       ret_params, &fault);
    message_clear(&message);
    if (r != 0)
        fake_problem(server, "a bad call (%.100s): %s", text, fault.text);
    return r == 0;
}

bool daemon_model_read(struct fake_server *server, const char *text, struct append_call *ret_call)
{
    struct hd_append_events_params params;
    struct arena arena = ARENA_INIT;
    bool good = read_parameters(server, text, &arena, &params);
    size_t i;

    for (i = 0; good && i < params.n_events; i++) {
        if (!params.events[i].has_seq ||
            params.events[i].seq != params.events[0].seq + (int64_t)i) {
            fake_problem(server, "events[%zu] is out of order", i);
            good = false;
        }
    }
    if (good) {
        *ret_call = (struct append_call){
            .first_seq = params.events[0].seq,
            .last_seq = params.events[0].seq + (int64_t)params.n_events - 1,
            .n_events = params.n_events,
        };
        snprintf(ret_call->run_id, sizeof(ret_call->run_id), "%s", params.run_id);
    }
    arena_clear(&arena);
    return good;
}

static void store_event(struct daemon_model *model, struct fake_server *server,
                        const struct table *table, const struct hd_new_event *event)
{
    struct buffer text = BUFFER_INIT;
    char **place;

    if (event->seq < 1 || event->seq > MODEL_EVENTS) {
        fake_problem(server, "seq %" PRId64 " is too large for the model", event->seq);
        return;
    }
    codec_write(table, event, &text);
    buffer_append_char(&text, '\0');
    place = &model->events[event->seq];
    if (!*place) {
        *place = buffer_steal(&text);
        model->n_stored++;
        return;
    }
    if (strcmp(*place, text.data) != 0)
        fake_problem(server, "seq %" PRId64 " was %s, is %s", event->seq, *place, text.data);
    model->n_duplicates++;
    buffer_clear(&text);
}

bool daemon_model_store(struct daemon_model *model, struct fake_server *server, const char *text)
{
    const struct method_description *method = method_find("dev.historyd.history.AppendEvents");
    struct hd_append_events_params params;
    struct arena arena = ARENA_INIT;
    struct append_call call;
    size_t i;

    if (!daemon_model_read(server, text, &call) || !read_parameters(server, text, &arena, &params))
        return false;
    model->n_calls++;
    if (params.n_events > model->most_at_once)
        model->most_at_once = params.n_events;
    for (i = 0; i < params.n_events; i++)
        store_event(model, server, method->parameters->fields[1].table, &params.events[i]);
    arena_clear(&arena);
    return true;
}

void daemon_model_answer(const char *text, char *answer)
{
    struct fake_server nobody = {0};
    struct append_call call = {0};

    daemon_model_read(&nobody, text, &call);
    snprintf(answer, 256,
             "{\"parameters\":{\"first_seq\":%" PRId64 ",\"last_seq\":%" PRId64
             ",\"inserted\":%zu,\"duplicates\":0}}",
             call.first_seq, call.last_seq, call.n_events);
}

void daemon_model_take(struct daemon_model *model, struct fake_peer *peer, const char *text)
{
    char answer[256];

    if (!daemon_model_store(model, peer->server, text))
        return;
    daemon_model_answer(text, answer);
    fake_send(peer, answer);
}

void daemon_model_serve(struct daemon_model *model, struct fake_peer *peer)
{
    const char *text;

    while (fake_read(peer, &text))
        daemon_model_take(model, peer, text);
}

void daemon_model_assert(const struct daemon_model *model, int64_t last)
{
    int64_t i;

    for (i = 1; i <= last; i++)
        ck_assert_msg(model->events[i], "seq %" PRId64 " is missing", i);
    ck_assert_uint_eq(model->n_stored, (size_t)last);
}

struct hd_recorder *model_recorder(const struct fake_server *server,
                                   struct hd_recorder_options options)
{
    struct hd_recorder *recorder;

    options.socket_path = server->path;
    options.run_id = "r1";
    options.reconnect_ms = 1;
    ck_assert_int_eq(hd_recorder_open(&options, &recorder), 0);
    return recorder;
}

const struct hd_new_event model_event = {
    .type = "unit.started",
    .unit = "a",
    .payload = "{\"n\":1}",
};

void model_add(struct hd_recorder *recorder, int n)
{
    for (; n > 0; n--)
        ck_assert_int_eq(hd_recorder_add(recorder, &model_event, NULL), 0);
}
