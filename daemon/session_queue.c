#include "session_private.h"

#include <stdlib.h>

#include "log.h"
#include "op.h"

enum {
    SESSION_BYTES = 8 << 20,        /* of messages under way on one connection */
    SESSION_BACKLOG_HIGH = 1 << 20, /* of answers the peer has not taken */
    SESSION_READS = 2,              /* at once: their answers may be large */
};

void session_enter(struct session *session)
{
    session->users++;
}

void session_leave(struct session *session)
{
    if (--session->users > 0 || session->connection || !list_empty(&session->calls))
        return;
    list_remove(&session->turn);
    attach_holder_close(session->service->attachments, &session->holder);
    list_remove(&session->delayed);
    if (session->account)
        account_leave(session->account);
    session->service->connections--;
    free(session);
}

void session_call_done(struct session *session, struct call *call)
{
    call->phase = CALL_DONE;
    session->replies += call->reply.size;
}

static int call_run_job(struct store_job *job, struct store_db *db)
{
    struct call *call = container_of(job, struct call, job);
    int64_t began = rfc3339_now();
    int r;

    /* Nobody waits for the answer any more, or the daemon stops. */
    if (atomic_load(&call->withdrawn))
        return call_fail(call, HD_SHUTTING_DOWN, NULL);
    r = call->entry->op->run(call, db);
    call->ran_us = rfc3339_now() - began;
    return r;
}

static void call_submit(struct call *call, enum store_job_kind kind)
{
    call->job.kind = kind;
    call->job.run = call_run_job;
    if (kind == STORE_WRITE || kind == STORE_EXCLUSIVE)
        list_push(&call->service->writes, &call->job.node);
    else
        store_submit(call->service->store, &call->job);
}

static enum reads_lane call_lane(const struct session *session, const struct call *call)
{
    return session->slow || call->entry->op->kind == OP_SLOW_READ ? READS_SLOW : READS_QUICK;
}

static bool call_may_start(struct session *session, const struct call *call)
{
    switch (call->entry->op->kind) {
    case OP_READ:
    case OP_SLOW_READ:
        return session->writes == 0 && session->reads < SESSION_READS &&
               reads_admit(session->reads_turns, call_lane(session, call), session);
    case OP_LONG_READ:
        return session->writes == 0 && session->reads < SESSION_READS;
    case OP_WRITE:
    case OP_EXCLUSIVE:
    case OP_LATE:
        return session->reads == 0;
    case OP_LOCAL:
    case OP_STREAM:
    case OP_TASK:
        return session->reads == 0 && session->writes == 0 && session->calls.next == &call->link;
    }
    return false;
}

static void call_start(struct session *session, struct call *call)
{
    const struct op *op = call->entry->op;
    int r;

    call->phase = CALL_RUNNING;
    session->waiting--;
    switch (op->kind) {
    case OP_READ:
    case OP_SLOW_READ:
        session->reads++;
        call->lane = call_lane(session, call);
        reads_started(session->reads_turns, call->lane);
        call_submit(call, STORE_READ);
        return;
    case OP_LONG_READ:
        session->reads++;
        call_submit(call, STORE_LONG_READ);
        return;
    case OP_WRITE:
        session->writes++;
        call_submit(call, STORE_WRITE);
        return;
    case OP_EXCLUSIVE:
        session->writes++;
        call_submit(call, STORE_EXCLUSIVE);
        return;
    case OP_LOCAL:
        call_settle(call, op->start(call));
        session_call_done(session, call);
        return;
    case OP_LATE:
        /* It hands jobs over by itself: what came before it is with the store first. */
        store_submit_all(call->service->store, &call->service->writes);
        r = op->start(call);
        if (r == 0) {
            session->writes++;
            return;
        }
        call_settle(call, r);
        session_call_done(session, call);
        return;
    case OP_STREAM:
    case OP_TASK:
        session->stream = call;
        connection_set_patient(session->connection, true);
        r = op->start(call);
        if (r != 0) {
            call_settle(call, r);
            session_end_stream(session, call);
        } else if (op->kind == OP_STREAM) {
            session_uncount(session, call);
        }
        return;
    }
}

/* An answer that could not be made must not be passed over: the next would be taken for it. */
static void session_send(struct session *session, struct call *call)
{
    if (!session->connection || session->closes)
        return;
    if (call->reply.failed || (call->reply.size == 0 && !call->oneway)) {
        log_peer(NULL, "closing a connection: out of memory for an answer");
        connection_close(session->connection);
        return;
    }
    buffer_move(connection_output(session->connection), &call->reply);
}

static void session_answer(struct session *session, struct call *call)
{
    list_remove(&call->link);
    session->n_calls--;
    session->bytes -= call->bytes;
    session_uncount(session, call);
    session->replies -= call->reply.size;
    if (session->connection && !connection_broken(session->connection))
        measures_answer(&session->service->measures, call);
    session_send(session, call);
    if (call->closes)
        session->closes = true;
    call_free(call);
}

void session_drop(struct session *session, struct call *call)
{
    session->waiting--;
    session_call_done(session, call);
}

/* Sends what is ready at the head. */
static bool session_answer_ready(struct session *session)
{
    bool moved = false;

    while (!list_empty(&session->calls)) {
        struct call *call = container_of(session->calls.next, struct call, link);

        if (call->phase != CALL_DONE)
            break;
        session_answer(session, call);
        moved = true;
    }
    return moved;
}

/* A peer that does not take its answers gets no further ones. */
static bool session_choked(const struct session *session)
{
    return session->connection &&
           connection_backlog(session->connection) + session->replies > SESSION_BACKLOG_HIGH;
}

/* Starts what may start. True when a call was done at once. */
static bool session_start(struct session *session)
{
    if (session->stream || session->waiting == 0 || session_choked(session))
        return false;
    list_for_each(node, &session->calls) {
        struct call *call = container_of(node, struct call, link);

        if (call->phase != CALL_WAITING)
            continue;
        if (!call_may_start(session, call))
            return false;
        if (call->events > 0 && !session_events_may_start(session, call))
            return call->phase == CALL_DONE;
        call_start(session, call);
        if (call->phase == CALL_DONE)
            return true;
        if (session->stream)
            return false;
    }
    return false;
}

/* A peer that sends faster than it is served, or does not take its answers, waits in its own
 * socket. */
static void session_pace(struct session *session)
{
    struct connection *connection = session->connection;
    size_t backlog = connection_backlog(connection);

    if (backlog > SESSION_BACKLOG_HIGH || session->bytes > SESSION_BYTES ||
        session->n_calls >= session->service->settings->calls)
        connection_pause(connection);
    else if (backlog <= SESSION_BACKLOG_LOW && list_empty(&session->held))
        connection_resume(connection);
}

static void session_finish(struct session *session)
{
    if (session->connection)
        connection_flush(session->connection);
    /* The flush may have found the connection broken and closed it. */
    if (!session->connection)
        return;
    if (session->closes || (session->ended && list_empty(&session->calls)))
        connection_finish(session->connection);
    else if (!session->deaf)
        session_pace(session);
}

/* What a peer asked that can't take answers any more is of no use to anybody. */
static void session_spare(struct session *session)
{
    if (session->waiting > 0 && session->connection && connection_broken(session->connection))
        session_withdraw(session, false);
}

void session_advance(struct session *session)
{
    bool choked;

    if (session->advancing)
        return;
    session_enter(session);
    do {
        session->advancing = true;
        session_spare(session);
        while (session_answer_ready(session) || session_start(session))
            ;
        session->advancing = false;
        choked = session->waiting > 0 && session_choked(session);
        session_finish(session);
        /* A peer that died has taken its answers all at once, and nothing else will tell of it. */
    } while (choked && session->connection && !session_choked(session));
    session_leave(session);
}

static void session_job_done(struct store_job *job, struct list *touched)
{
    struct call *call = container_of(job, struct call, job);
    struct session *session = call->session;

    switch (job->kind) {
    case STORE_READ:
        reads_done(session->reads_turns, call->lane, call->ran_us, session);
        session->reads--;
        break;
    case STORE_LONG_READ:
        session->reads--;
        break;
    case STORE_WRITE:
    case STORE_EXCLUSIVE:
        session->writes--;
        if (call->entry->op->done)
            call->entry->op->done(call, job->result);
        break;
    }
    call_settle(call, job->result);
    session_call_done(session, call);
    if (list_empty(&session->touched)) {
        session_enter(session);
        list_push(touched, &session->touched);
    }
}

/* Answers that became ready together leave together, each session's in one write. */
void sessions_jobs_done(struct list *jobs)
{
    struct list touched;

    list_init(&touched);
    for (struct list *node = list_pop(jobs); node; node = list_pop(jobs))
        session_job_done(container_of(node, struct store_job, node), &touched);
    for (struct list *node = list_pop(&touched); node; node = list_pop(&touched)) {
        struct session *session = container_of(node, struct session, touched);
        struct reads *reads = session->reads_turns;

        session_advance(session);
        session_leave(session);
        reads_pump(reads);
    }
}

static void session_say_closing(const struct session *session, const struct call *call)
{
    struct peer_words words;

    peer_describe(connection_peer(session->connection), &words);
    log_peer(&words.about, "closing the connection of %s: %.*s", words.who, (int)call->reply.size,
             call->reply.data);
}

void session_add(struct session *session, struct call *call, int prepared)
{
    call->host = &session_call_host;
    call->session = session;
    session->waiting++;
    if (prepared) {
        call_settle(call, prepared);
        session_drop(session, call);
    }
    if (call->closes) {
        session->deaf = true;
        session_say_closing(session, call);
        connection_pause(session->connection);
    }
    list_push(&session->calls, &call->link);
    session->n_calls++;
    session->bytes += call->bytes;
    session_count(session, call);
    session_advance(session);
}
