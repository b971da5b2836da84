#include "op_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "op.h"

enum { BUSY_RETRY_MS = 100 };

/* An answer given before, by a run of the same job that was rolled back, is forgotten. */
static void call_forget(struct call *call)
{
    if (call->reply.failed)
        buffer_clear(&call->reply);
    call->reply.size = 0;
    call->error = HD_OK;
}

int call_reply(struct call *call, const void *result)
{
    call_forget(call);
    if (call->oneway)
        return 0;
    message_write_reply(&call->reply, false, call->entry->method->result, result);
    return call->reply.failed ? STORE_NO_MEMORY : 0;
}

void call_list_begin(struct call *call, struct codec_list *list)
{
    call_forget(call);
    message_write_reply_begin(&call->reply);
    codec_list_begin(list, call->entry->method->result, &call->reply);
}

int call_list_end(struct call *call, struct codec_list *list, const void *result)
{
    codec_list_end(list, result);
    message_write_reply_end(&call->reply, false);
    if (call->oneway)
        call_forget(call);
    return call->reply.failed ? STORE_NO_MEMORY : 0;
}

int call_fail(struct call *call, enum hd_error_code code, const void *parameters)
{
    const struct error_description *error = error_describe(code);

    call_forget(call);
    call->error = code;
    if (call->oneway)
        return CALL_FAILED;
    message_write_error(&call->reply, error->name, error->parameters, parameters);
    return call->reply.failed ? STORE_NO_MEMORY : CALL_FAILED;
}

int call_fail_parameter(struct call *call, const char *path)
{
    return call_fail(call, HD_INVALID_PARAMETER,
                     &(struct hd_invalid_parameter_error){.parameter = path});
}

int call_fail_interface_not_found(struct call *call, const char *interface)
{
    char name[FAULT_NAME_SIZE];

    fault_name(interface, name);
    return call_fail(call, HD_INTERFACE_NOT_FOUND,
                     &(struct hd_interface_not_found_error){.interface = name});
}

int call_fail_run_not_found(struct call *call, const char *run_id)
{
    return call_fail(call, HD_RUN_NOT_FOUND, &(struct hd_run_not_found_error){.run_id = run_id});
}

int call_get_run(struct call *call, struct store_db *db, const char *run_id,
                 struct run_row *ret_run)
{
    int r = runs_get(db, run_id, &call->arena, ret_run);

    return r == STORE_RUN_NOT_FOUND ? call_fail_run_not_found(call, run_id) : r;
}

int call_fail_graph(struct call *call, const char *reason, const char *node)
{
    return call_fail(call, HD_INVALID_GRAPH,
                     &(struct hd_invalid_graph_error){.reason = reason, .node = node});
}

int call_fail_run_conflict(struct call *call, const char *run_id, const char *field)
{
    return call_fail(call, HD_RUN_CONFLICT,
                     &(struct hd_run_conflict_error){.run_id = run_id, .field = field});
}

int call_fail_transition(struct call *call, const char *run_id, const char *from, const char *to)
{
    return call_fail(
        call, HD_INVALID_TRANSITION,
        &(struct hd_invalid_transition_error){.run_id = run_id, .from = from, .to = to});
}

int call_fail_too_large(struct call *call, const char *what, int64_t limit)
{
    return call_fail(call, HD_TOO_LARGE,
                     &(struct hd_too_large_error){.what = what, .limit = limit});
}

int call_fail_unreadable(struct call *call, const struct event_place *event)
{
    char text[160];

    snprintf(text, sizeof(text),
             "the payload of event %lld, number %lld of its run, is no JSON object",
             (long long)event->id, (long long)event->seq);
    return call_fail(call, HD_STORAGE_FAILED, &(struct hd_storage_failed_error){.message = text});
}

int call_fail_busy_for(struct call *call, int64_t milliseconds)
{
    return call_fail(call, HD_BUSY, &(struct hd_busy_error){.retry_after_ms = milliseconds});
}

int call_fail_busy(struct call *call)
{
    return call_fail_busy_for(call, BUSY_RETRY_MS);
}

int call_fail_fault(struct call *call, const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_NONE:
        break;
    case FAULT_MALFORMED:
        call->closes = true;
        return call_fail(
            call, HD_MALFORMED_MESSAGE,
            &(struct hd_malformed_message_error){.reason = fault->text, .offset = fault->number});
    case FAULT_TOO_LARGE_MESSAGE:
        call->closes = true;
        return call_fail_too_large(call, fault->text, fault->number);
    case FAULT_TOO_LARGE:
        return call_fail_too_large(call, fault->text, fault->number);
    case FAULT_INVALID_PARAMETER:
        return call_fail_parameter(call, fault->text);
    }
    return 0;
}

static int call_fail_storage(struct call *call)
{
    struct store_state state;

    store_state(call->service->store, &state);
    return call_fail(
        call, HD_STORAGE_FAILED,
        &(struct hd_storage_failed_error){
            .message = state.failed ? state.failure : "the database could not be read"});
}

void call_settle(struct call *call, int result)
{
    if (result >= 0)
        return;
    if (result == STORE_FULL)
        call_fail(call, HD_STORAGE_FULL, NULL);
    else if (result == STORE_FAILED)
        call_fail_storage(call);
    else
        call_fail_busy(call);
}

bool call_stream(struct call *call, const char *messages, size_t size)
{
    return call->host->stream(call, messages, size);
}

void call_stream_end(struct call *call)
{
    if (call->reply.size == 0 && !call->reply.failed)
        call_fail(call, HD_SHUTTING_DOWN, NULL);
    call->host->done(call);
}

void call_late_end(struct call *call)
{
    call->host->done(call);
}

void call_free(struct call *call)
{
    if (!call)
        return;
    call->service->calls--;
    call->service->bytes_under_way -= (int64_t)call->bytes;
    settings_leave(call->settings);
    buffer_clear(&call->reply);
    arena_clear(&call->arena);
    free(call);
}
