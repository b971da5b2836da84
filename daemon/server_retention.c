/*
 * When retention looks at what is to go, and what it says of it.
 */
#include <string.h>

#include "log.h"
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

static void pass_say(const struct removal_task *task)
{
    log_info("retention: deleted %lld runs (%lld by age, %lld by number, %lld by size) with %lld "
             "events in %.1f s; %lld KiB became free, %lld KiB were given back%s",
             (long long)task->runs, (long long)task->by_rule[REMOVAL_BY_AGE],
             (long long)task->by_rule[REMOVAL_BY_COUNT], (long long)task->by_rule[REMOVAL_BY_SIZE],
             (long long)task->events, (double)task->microseconds / 1e6,
             (long long)(task->bytes / 1024), (long long)(task->given_back / 1024),
             task->keeps_file
                 ? "; the database was made without incremental vacuum and uses free pages again"
                 : "");
}

static void pass_ended(struct removal_task *task, int result)
{
    if (result == REMOVER_STOPPED)
        return;
    if (result != 0)
        log_warning("retention could not go on and tries again at its next look: %s",
                    result == STORE_FULL        ? "no room on the disk"
                    : result == STORE_BUSY      ? "the database is locked by another program"
                    : result == STORE_NO_MEMORY ? "out of memory"
                                                : "the database failed");
    if (task->runs > 0 || task->given_back > 0)
        pass_say(task);
}

void server_retain(struct server *server)
{
    int64_t interval_s = server->service.settings->retention.interval_s;
    int64_t now = loop_now(server->loop);

    if (server->next_pass == 0)
        server->next_pass = now + (interval_s < FIRST_PASS_S ? interval_s : FIRST_PASS_S) * 1000;
    if (now < server->next_pass || remover_operation(&server->remover))
        return;
    server->next_pass = now + interval_s * 1000;
    server->pass = (struct removal_task){
        .rules = retention_rules(server->service.settings, rfc3339_now()), .ended = pass_ended};
    remover_begin(&server->remover, &server->pass);
}
