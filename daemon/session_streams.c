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

static void session_stream_done(struct call *call)
{
    session_end_stream(call->session, call);
    session_advance(call->session);
}

const struct call_host session_host = {
    .stream = session_stream,
    .done = session_stream_done,
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
