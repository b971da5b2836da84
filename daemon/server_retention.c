/*
 * When retention looks at what is to go.
 */
#include "retention_rules.h"
#include "server_private.h"

enum { FIRST_PASS_S = 600 }; /* or sooner, where looks are more frequent: clients come back first */

void server_remover_wait(void *data, int64_t milliseconds)
{
    struct server *server = data;

    alarm_clock_set(server->remover_clock, milliseconds);
}

void server_remover_rings(void *data)
{
    struct server *server = data;

    remover_go_on(&server->remover);
}

/* The log has it, and the next look is at its time. */
static void pass_ended(struct removal_task *task, int result)
{
    (void)task;
    (void)result;
}

void server_retain(struct server *server)
{
    int64_t interval_s = server->service.settings->retention.interval_s;
    int64_t now = loop_now(server->loop);

    if (server->next_pass == 0)
        server->next_pass = now + (interval_s < FIRST_PASS_S ? interval_s : FIRST_PASS_S) * 1000;
    /* An interval that a reload made shorter does not wait for the one before to end. */
    if (server->next_pass > now + interval_s * 1000)
        server->next_pass = now + interval_s * 1000;
    if (now < server->next_pass || remover_operation(&server->remover))
        return;
    server->next_pass = now + interval_s * 1000;
    server->pass =
        (struct removal_task){.rules = retention_rules(server->service.settings, rfc3339_now()),
                              .late_us = interval_s * 1000000, /* the next one is due */
                              .ended = pass_ended};
    remover_begin(&server->remover, &server->pass);
}
