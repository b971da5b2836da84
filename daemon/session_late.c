/*
 * What a call asks of its session after its start: streams, and answers that come late.
 */
#include "op.h"
#include "session_private.h"

void session_end_stream(struct session *session, struct call *call)
{
    session->stream = NULL;
    if (session->connection)
        connection_set_patient(session->connection, false);
    session_call_done(session, call);
}

static bool session_stream(struct call *call, const char *messages, size_t size)
{
    struct session *session = call->session;

    if (!session->connection)
        return true;
    connection_write(session->connection, messages, size);
    if (!session->connection)
        return true;
    session->stream_full = connection_backlog(session->connection) > SESSION_BACKLOG_LOW;
    return !session->stream_full;
}

static void session_done(struct call *call)
{
    struct session *session = call->session;
    struct reads *reads = session->reads_turns;

    session_enter(session);
    if (call == session->stream) {
        session_end_stream(session, call);
    } else {
        session->writes--;
        session_call_done(session, call);
    }
    session_advance(session);
    session_leave(session);
    reads_pump(reads);
}

const struct call_host session_call_host = {
    .stream = session_stream,
    .done = session_done,
};

void session_stop_stream(struct session *session)
{
    if (session->stream)
        session->stream->entry->op->stop(session->stream);
}

void session_resume_stream(struct session *session)
{
    if (!session->stream_full || connection_backlog(session->connection) > SESSION_BACKLOG_LOW)
        return;
    session->stream_full = false;
    if (session->stream)
        session->stream->entry->op->resume(session->stream);
}
