#include "kill_watcher.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { RETRY_US = 3000, SLOW_US = 2000 };

/* The first four see all; two a repository; two a run, of which one resumes by number. */
enum { ALL_BELOW = 4, REPOSITORY_BELOW = 6, BY_SEQ = 6, SLOW = 7 };

struct watcher {
    struct kill_book *book;
    int number;
    int64_t last_id;
};

bool kill_watcher_selects(int watcher, int run)
{
    if (watcher < ALL_BELOW)
        return true;
    return watcher < REPOSITORY_BELOW ? run % 2 == watcher % 2 : run == watcher;
}

static int shown_event(struct watcher *watcher, const struct hd_event *event)
{
    int run = kill_book_run(event->run_id);
    _Atomic int64_t *seen;

    if (run < 0 && watcher->book->others && watcher->number < ALL_BELOW)
        return 0;
    if (run < 0 || !kill_watcher_selects(watcher->number, run)) {
        kill_book_fault(watcher->book, "watcher %d: was shown run %s", watcher->number,
                        event->run_id);
        return 1;
    }
    seen = &watcher->book->seen[watcher->number][run];
    if (event->seq != *seen + 1) {
        kill_book_fault(watcher->book, "watcher %d: run %s: %lld comes after %lld", watcher->number,
                        event->run_id, (long long)event->seq, (long long)*seen);
        return 1;
    }
    *seen = event->seq;
    return 0;
}

static int shown(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    const struct hd_watch_result *result = reply->result;
    struct watcher *watcher = userdata;

    (void)client;
    if (reply->status != 0)
        return 0;
    for (size_t i = 0; i < result->n_events; i++)
        if (shown_event(watcher, &result->events[i]) != 0)
            return 1;
    watcher->last_id = result->last_id;
    if (watcher->number == SLOW)
        usleep(SLOW_US);
    return 0;
}

/* Until the stream ends. */
static int watch(struct watcher *watcher, struct hd_client *client)
{
    struct kill_names names;
    struct hd_watch_params params = {.has_after_id = true, .after_id = watcher->last_id};

    kill_book_name(watcher->number, &names);
    if (watcher->number >= REPOSITORY_BELOW)
        params.run_id = names.run;
    else if (watcher->number >= ALL_BELOW)
        params.repo_path = names.repo;
    if (watcher->number == BY_SEQ) {
        params.has_after_id = false;
        params.has_after_seq = true;
        params.after_seq = watcher->book->seen[watcher->number][watcher->number];
    }
    return hd_watch(client, &params, shown, watcher);
}

static int watch_on(struct watcher *watcher, const char *socket)
{
    struct hd_client *client;
    int r;

    if (hd_client_new(socket, &client) < 0)
        return 1;
    do {
        r = watch(watcher, client);
        atomic_fetch_add(&watcher->book->resumed, 1);
        usleep(RETRY_US);
    } while ((r < 0 && r != -ENOMEM && r != -EINVAL) || r == HD_SHUTTING_DOWN ||
             r == HD_RUN_NOT_FOUND);
    kill_book_fault(watcher->book, "watcher %d: %s", watcher->number,
                    r == 0 ? "ended" : hd_client_error(client)->message);
    hd_client_free(client);
    return 1;
}

pid_t kill_watcher_start(struct kill_book *book, const char *socket, int number)
{
    struct watcher watcher = {.book = book, .number = number};
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(watch_on(&watcher, socket));
    }
    return pid;
}
