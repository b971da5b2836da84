#include "session_private.h"

#include "log.h"

/* --- calls and bytes ------------------------------------------------------------------------ */

/* Who stands in line is not overtaken. */
bool session_may_take(struct session *session)
{
    struct account *account = session->account;
    struct service *service = session->service;

    if (!account || (!account_is_over(account, &service->settings->quotas) &&
                     (session->admitted || list_empty(&account->waiting))))
        return true;
    account_wait(service->accounts, account, &session->held);
    counter_add(&service->measures.quota_waits, 1);
    connection_pause(session->connection);
    return false;
}

void session_count(struct session *session, struct call *call)
{
    if (!session->account)
        return;
    call->counted = true;
    account_begin(session->account, call->bytes);
}

void session_uncount(struct session *session, struct call *call)
{
    if (!call->counted)
        return;
    call->counted = false;
    account_end(session->account, call->bytes);
}

/* A session that is called takes messages until its user has enough under way again; so the line is
 * empty at the end, or calls are under way whose end will call it on. */
static void account_call_on(struct account *account)
{
    while (!list_empty(&account->waiting)) {
        struct session *session = container_of(account->waiting.next, struct session, held);

        if (account_is_over(account, &session->service->settings->quotas))
            return;
        list_remove(&session->held);
        session_enter(session);
        session->admitted = true;
        session_advance(session);
        session->admitted = false;
        session_leave(session);
    }
    list_remove(&account->line);
}

void sessions_call_on(struct accounts *accounts)
{
    list_for_each_safe(node, &accounts->lines)
        account_call_on(container_of(node, struct account, line));
}

/* --- events a second ------------------------------------------------------------------------ */

/* Decides on the call's moment. False when that is too far away: the call is answered then. */
static bool session_choose_moment(struct session *session, struct call *call, int64_t rate,
                                  int64_t now)
{
    struct account *account = session->account;
    struct measures *measures = &session->service->measures;
    int64_t moment = account_events_moment(account, rate, call->events, now);

    if (moment > now && moment - call->arrived_us > ACCOUNT_EVENTS_WAIT_US) {
        counter_add(&measures->quota_event_refusals, 1);
        call_fail_busy_for(call, (moment - now + 999) / 1000);
        session_drop(session, call);
        return false;
    }
    account_events_take(account, rate, call->events, now);
    if (moment > now)
        counter_add(&measures->quota_event_waits, 1);
    call->moment_us = moment;
    return true;
}

bool session_events_may_start(struct session *session, struct call *call)
{
    int64_t rate = session->service->settings->quotas.events_per_s;
    int64_t now;

    if (!session->account || rate == 0)
        return true;
    now = metrics_now();
    if (call->moment_us == 0 && !session_choose_moment(session, call, rate, now))
        return false;
    if (call->moment_us <= now)
        return true;
    if (list_empty(&session->delayed))
        list_push(&session->service->accounts->delayed, &session->delayed);
    return false;
}

/* A session whose call still waits puts itself back. */
void sessions_beat(struct accounts *accounts)
{
    struct list round;

    if (list_empty(&accounts->delayed))
        return;
    list_init(&round);
    list_splice(&round, &accounts->delayed);
    for (struct list *node = list_pop(&round); node; node = list_pop(&round))
        session_advance(container_of(node, struct session, delayed));
}

void sessions_forget(struct accounts *accounts)
{
    accounts_sweep(accounts, metrics_now());
}
