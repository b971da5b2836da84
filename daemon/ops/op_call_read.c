#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

enum {
    SERVICE_BYTES = 256 << 20, /* of messages under way on all connections */
};

/* What the call holds from now on. */
static void call_charge(struct call *call)
{
    size_t bytes = sizeof(*call) + call->arena.reserved + call->reply.capacity;

    call->service->bytes_under_way += (int64_t)bytes - (int64_t)call->bytes;
    call->bytes = bytes;
}

struct call *call_new(struct service *service, uid_t uid, unsigned int roles)
{
    struct call *call = calloc(1, sizeof(*call));

    if (!call)
        return NULL;
    call->service = service;
    service->calls++;
    call->settings = settings_use(service->settings);
    call->uid = uid;
    call->roles = roles;
    call->phase = CALL_WAITING;
    call->arrived_us = metrics_now();
    rfc3339_write(rfc3339_now(), call->now);
    call_charge(call);
    return call;
}

/* The interface is what stands before the last dot; a name without one has none that is known. */
static int call_unknown(struct call *call, const char *method)
{
    const char *dot = strrchr(method, '.');
    char name[FAULT_NAME_SIZE];
    const char *interface;

    interface = arena_copy(&call->arena, method, dot ? (size_t)(dot - method) : strlen(method));
    if (!interface)
        return STORE_NO_MEMORY;
    if (!dot || !interface_find(interface))
        return call_fail_interface_not_found(call, interface);
    fault_name(method, name);
    return call_fail(call, HD_METHOD_NOT_FOUND,
                     &(struct hd_method_not_found_error){.method = name});
}

static int call_decode(struct call *call, struct json_value value)
{
    const struct table *table = call->entry->method->parameters;
    struct fault fault = {0};
    void *parameters = arena_alloc(&call->arena, table->size);
    int r;

    if (!parameters)
        return STORE_NO_MEMORY;
    r = codec_read(table, value, &call->settings->limits, CODEC_STRICT, &call->arena, parameters,
                   &fault);
    if (r < 0)
        return STORE_NO_MEMORY;
    if (r > 0)
        return call_fail_fault(call, &fault);
    call->parameters = parameters;
    return 0;
}

/* Everything that can be said of a call before its turn comes. */
static int call_prepare(struct call *call, const struct message *message)
{
    const struct op *op;
    enum role needed;
    int r;

    if (call->service->stopping)
        return call_fail(call, HD_SHUTTING_DOWN, NULL);
    if (call->service->bytes_under_way > SERVICE_BYTES)
        return call_fail_busy(call);
    call->entry = op_find(message->method);
    if (!call->entry)
        return call_unknown(call, message->method);
    op = call->entry->op;
    if (message->upgrade)
        return call_fail(call, HD_METHOD_NOT_IMPLEMENTED,
                         &(struct hd_method_not_implemented_error){.method = message->method});
    call->denied = !op_allowed(call->entry, call->roles, &needed);
    if (call->denied)
        return call_fail(call, HD_PERMISSION_DENIED, NULL);
    r = call_decode(call, message->parameters);
    if (r)
        return r;
    if (op->kind == OP_STREAM && !message->more)
        return call_fail(call, HD_EXPECTED_MORE, NULL);
    if (op->state_size > 0) {
        call->state = arena_alloc(&call->arena, op->state_size);
        if (!call->state)
            return STORE_NO_MEMORY;
    }
    return op->check ? op->check(call) : 0;
}

int call_read(struct call *call, const char *text, size_t size)
{
    struct message message = {0};
    struct fault fault = {0};
    int r;

    r = message_read_call(text, size, &call->settings->limits, &message, &fault);
    if (r < 0)
        return CALL_FAILED; /* whether it wants an answer is not known: its connection is closed */
    call->oneway = message.oneway;
    call->more = message.more;
    r = r > 0 ? call_fail_fault(call, &fault) : call_prepare(call, &message);
    message_clear(&message);
    if (r != 0) {
        /* Only the answer is of use until the call's turn comes. */
        arena_clear(&call->arena);
        call->parameters = call->state = NULL;
    }
    call_charge(call);
    return r;
}
