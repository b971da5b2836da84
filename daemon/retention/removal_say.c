#include "log.h"
#include "remover.h"

static void say_done(const struct removal_task *task)
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

static void say_named(const struct removal_task *task)
{
    log_info("deleted runs that were named, with %lld events in %.1f s", (long long)task->events,
             (double)task->microseconds / 1e6);
}

void removal_say(const struct removal_task *task, int result)
{
    if (task->dry_run || result == REMOVER_STOPPED || result > 0)
        return;
    if (result < 0)
        log_warning("deleting runs could not go on: %s",
                    result == STORE_FULL        ? "no room on the disk"
                    : result == STORE_BUSY      ? "the database is locked by another program"
                    : result == STORE_NO_MEMORY ? "out of memory"
                                                : "the database failed");
    if (task->mark && result == 0)
        say_named(task);
    else if (task->runs > 0 || task->given_back > 0)
        say_done(task);
}
