#include "session_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"

static bool session_message(struct connection *connection, const char *text, size_t size)
{
    struct session *session = connection_user(connection);
    struct call *call;
    int prepared;

    if (session->deaf)
        return true;
    if (!session_may_take(session))
        return false;
    call = call_new(session->service, connection_peer(connection)->uid, session->roles);
    if (!call) {
        connection_close(connection);
        return true;
    }
    call->holder = &session->holder;
    prepared = call_read(call, text, size);
    if (call->denied)
        session_say_denied(session, call);
    session_add(session, call, prepared);
    return true;
}

static void session_fault(struct connection *connection, enum connection_fault kind, int64_t bytes)
{
    struct session *session = connection_user(connection);
    struct call *call =
        call_new(session->service, connection_peer(connection)->uid, session->roles);
    struct fault fault = {.kind = FAULT_MALFORMED, .number = bytes};

    if (!call) {
        connection_close(connection);
        return;
    }
    switch (kind) {
    case CONNECTION_TOO_LARGE:
        fault = (struct fault){.kind = FAULT_TOO_LARGE_MESSAGE,
                               .number = session->service->settings->limits.message,
                               .text = "message"};
        break;
    case CONNECTION_TOO_SLOW:
        strcpy(fault.text, "the message was not whole in time");
        break;
    case CONNECTION_CUT:
        strcpy(fault.text, "the input ended inside a message");
        break;
    case CONNECTION_NO_MEMORY:
        fault.kind = FAULT_NONE;
        counter_add(&session->service->measures.input_refused, 1);
        call_fail_busy(call);
        call->closes = true;
        break;
    }
    call_fail_fault(call, &fault);
    session_add(session, call, CALL_FAILED);
}

static void session_ended(struct connection *connection)
{
    struct session *session = connection_user(connection);

    session->ended = true;
    if (session->stream && connection_peer_gone(connection))
        connection_close(connection);
    else
        session_advance(session);
}

static void session_drained(struct connection *connection)
{
    struct session *session = connection_user(connection);
    struct reads *reads = session->reads_turns;

    session_enter(session);
    session_resume_stream(session);
    session_advance(session);
    session_leave(session);
    reads_pump(reads);
}

/* What the peer wrote is carried out; what it asked is of no use to anybody. */
static void session_closed(struct connection *connection)
{
    struct session *session = connection_user(connection);
    struct reads *reads = session->reads_turns;

    session_enter(session);
    session->connection = NULL;
    list_remove(&session->held);
    if (session->account)
        account_close(session->account);
    session_withdraw(session, false);
    if (session->stream)
        session_stop_stream(session);
    else
        session_advance(session);
    session_leave(session);
    reads_pump(reads);
}

const struct connection_handlers session_handlers = {
    .message = session_message,
    .fault = session_fault,
    .ended = session_ended,
    .drained = session_drained,
    .closed = session_closed,
};

int session_open(struct service *service, struct reads *reads, struct connection *connection)
{
    struct session *session = calloc(1, sizeof(*session));
    uid_t uid = connection_peer(connection)->uid;
    int r = 0;

    if (!session)
        return -ENOMEM;
    if (!access_is_master(uid))
        r = account_open(service->accounts, uid, &service->settings->quotas, &session->account);
    if (r != 0) {
        free(session);
        return r;
    }
    session->service = service;
    session->reads_turns = reads;
    list_init(&session->turn);
    list_init(&session->held);
    list_init(&session->delayed);
    list_init(&session->touched);
    session->connection = connection;
    attach_holder_init(&session->holder, connection_peer(connection)->pid, connection);
    list_init(&session->calls);
    service->connections++;
    connection_set_user(connection, session);
    if (session->account)
        connection_set_budget(connection, &session->account->budget);
    session_learn_roles(session);
    return 0;
}

void session_refuse(struct service *service, struct connection *connection, int64_t limit)
{
    const struct error_description *error = error_describe(HD_TOO_MANY_CONNECTIONS);
    struct hd_too_many_connections_error parameters = {.limit = limit};

    measures_refuse(&service->measures, HD_TOO_MANY_CONNECTIONS);
    message_write_error(connection_output(connection), error->name, error->parameters, &parameters);
    connection_finish(connection);
}

void session_stop(struct connection *connection)
{
    struct session *session = connection_user(connection);

    if (!session)
        return;
    session_withdraw(session, true);
    if (session->stream)
        session_stop_stream(session);
    else
        session_advance(session);
}

bool session_idle(const struct connection *connection)
{
    const struct session *session = connection_user(connection);

    return !session || (list_empty(&session->calls) && connection_backlog(connection) == 0);
}

void session_look_after(struct connection *connection)
{
    struct session *session = connection_user(connection);

    if (session && session->stream &&
        (connection_broken(connection) || connection_peer_gone(connection)))
        connection_close(connection);
}
