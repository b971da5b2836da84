#include "manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "utf8.h"

enum { MANAGER_LINES = MANAGER_STATUS_SIZE + 128 };

void manager_open(struct manager *ret_manager)
{
    int r;

    *ret_manager = (struct manager){.was_busy = false};
    r = notify_open(&ret_manager->notify);
    if (r < 0)
        log_warning("the service manager's NOTIFY_SOCKET cannot be used: %s", strerror(-r));
}

void manager_close(struct manager *manager)
{
    notify_close(&manager->notify);
}

/* One line of UTF-8, in place: what a cause said may hold newlines, which would end it, and bytes
 * of any kind, for which systemd would pass all of it over. */
static void words_mend(char *words)
{
    size_t left = strlen(words);

    while (left > 0) {
        int size = utf8_sequence(words, left);

        if (*words == '\n')
            *words = ' ';
        else if (size <= 0 || (unsigned char)*words < ' ')
            *words = '?';
        size = size > 1 ? size : 1;
        words += size;
        left -= (size_t)size;
    }
}

static void manager_send(struct manager *manager, const char *state, const char *words)
{
    char lines[MANAGER_LINES];
    char *told;
    int r;

    if (!notify_listened(&manager->notify))
        return;
    snprintf(lines, sizeof(lines), "%s%sSTATUS=", state, state[0] ? "\n" : "");
    told = lines + strlen(lines);
    snprintf(told, MANAGER_STATUS_SIZE, "%s", words);
    words_mend(told);
    r = notify_send(&manager->notify, words[0] ? lines : state);
    if (r < 0)
        log_warning("the service manager cannot be told of the daemon's state: %s", strerror(-r));
}

int64_t manager_watchdog_ms(const struct manager *manager)
{
    int64_t half = manager->notify.watchdog_us / 2 / 1000;

    if (manager->notify.watchdog_us == 0)
        return 0;
    return half > 0 ? half : 1;
}

void manager_watchdog(struct manager *manager, bool busy, int64_t turns)
{
    /* Busy at the last look, busy now, and not one step between the two. */
    bool stuck = manager->was_busy && busy && turns == manager->turns;

    manager->was_busy = busy;
    manager->turns = turns;
    if (!stuck)
        notify_send(&manager->notify, "WATCHDOG=1");
}

void manager_starting(struct manager *manager, const char *words)
{
    manager_send(manager, "", words);
}

void manager_ready(struct manager *manager, const char *words)
{
    manager->status_told = false;
    manager_send(manager, "READY=1", words);
}

void manager_reloading(struct manager *manager)
{
    char state[64];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    manager_send(manager, state, "Reading the configuration again");
}

void manager_stopping(struct manager *manager, const char *words)
{
    manager_send(manager, "STOPPING=1", words);
}

void manager_status(struct manager *manager, int64_t now, const char *words)
{
    if (manager->status_told && (now - manager->status_at < MANAGER_STATUS_MS ||
                                 strncmp(manager->status, words, sizeof(manager->status) - 1) == 0))
        return;
    manager_send(manager, "", words);
    manager->status_told = true;
    manager->status_at = now;
    snprintf(manager->status, sizeof(manager->status), "%s", words);
}
