#include "session_private.h"

#include <stdio.h>
#include <time.h>

#include "access.h"
#include "denials.h"
#include "log.h"
#include "op.h"

void session_learn_roles(struct session *session)
{
    const struct peer *peer = connection_peer(session->connection);

    session->roles =
        access_roles(session->service->settings->access, peer->uid, peer->gids, peer->n_gids);
}

void session_say_denied(const struct session *session, const struct call *call)
{
    struct peer_words words;
    struct timespec now;
    enum role role;
    int64_t silent;
    char before[64] = "";

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (op_allowed(call->entry, call->roles, &role) ||
        !denials_note(session->service->denials, call->uid, role,
                      (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &silent))
        return;
    peer_describe(connection_peer(session->connection), &words);
    if (silent > 0)
        snprintf(before, sizeof(before), "; %lld refusals before were not logged",
                 (long long)silent);
    log_write_about(
        LOG_PRIORITY_WARNING, &words.about,
        "%s may not call %s, which needs the role %s; to allow it, name the user or one of "
        "their groups under %s in [access] of historyd.conf and reload%s",
        words.who, call->entry->method->name, role_name(role), role_name(role), before);
}

static bool call_only_reads(const struct call *call)
{
    switch (call->entry->op->kind) {
    case OP_READ:
    case OP_SLOW_READ:
    case OP_LONG_READ:
    case OP_LOCAL:
    case OP_STREAM:
    case OP_TASK:
        return true;
    case OP_WRITE:
    case OP_EXCLUSIVE:
    case OP_LATE:
        return false;
    }
    return false;
}

void session_withdraw(struct session *session, bool writes_too)
{
    list_for_each(node, &session->calls) {
        struct call *call = container_of(node, struct call, link);

        if (call->phase == CALL_DONE || (!call_only_reads(call) && !writes_too))
            continue;
        if (call->phase == CALL_WAITING) {
            call_fail(call, HD_SHUTTING_DOWN, NULL);
            session_drop(session, call);
        } else if (call_only_reads(call)) {
            atomic_store(&call->withdrawn, true);
        }
    }
}

/* What its peer may not do any more; true when it is a stream, which is to stop. */
static bool call_deny(struct session *session, struct call *call)
{
    enum role needed;

    call->roles = session->roles;
    if (call->phase == CALL_DONE || op_allowed(call->entry, call->roles, &needed))
        return false;
    if (call->phase != CALL_WAITING && call->entry->op->kind != OP_STREAM)
        return false;
    session_say_denied(session, call);
    call_fail(call, HD_PERMISSION_DENIED, NULL);
    if (call == session->stream)
        return true;
    session_drop(session, call);
    return false;
}

void session_reloaded(struct connection *connection)
{
    struct session *session = connection_user(connection);
    bool stop = false;

    if (!session)
        return;
    session_learn_roles(session);
    if (session->account)
        session->account->budget.limit = session->service->settings->quotas.bytes;
    list_for_each(node, &session->calls)
        stop = call_deny(session, container_of(node, struct call, link)) || stop;
    if (stop)
        session_stop_stream(session);
    else
        session_advance(session);
}
