/*
 * account: what one user uses of the daemon at once, on all connections.
 *
 * The sessions of a user share one account; root and the daemon's own user have none, nor quotas.
 * What a quota does not allow waits: a session whose user has too much under way is not read from,
 * and stands in the line of its account until there is room; events that come too fast wait for
 * their moment. A line is first come, first served, each taking a message or more when it is
 * called, and then going to its end. A user with no call under way may always send one, whatever
 * its size, so nothing can wait for ever.
 *
 * An account outlives its sessions for as long as the events it let through are ahead of their
 * time: connecting anew does not make them forgotten. Loop thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "connection.h"
#include "list.h"
#include "settings.h"

enum {
    ACCOUNT_BUCKETS = 64,
    ACCOUNT_EVENTS_WAIT_US = 5000000, /* the longest an AppendEvents waits for its moment */
};

struct accounts {
    struct list buckets[ACCOUNT_BUCKETS];
    struct list lines;   /* accounts that somebody waits in line for */
    struct list delayed; /* sessions whose events wait for their moment */
};

struct account {
    struct list node; /* in its bucket */
    struct list line; /* in accounts->lines */
    uid_t uid;
    int64_t users; /* sessions */
    int64_t connections;
    int64_t calls; /* under way; a stream only until it has begun */
    int64_t bytes; /* of memory of those calls */
    struct connection_budget budget;
    struct list waiting;    /* sessions, in line */
    int64_t events_paid_us; /* monotonic: until then events were let through ahead of time */
};

void accounts_init(struct accounts *accounts);
/* No session is left. */
void accounts_clear(struct accounts *accounts);
/* Forgets the accounts that nothing is to be remembered of. */
void accounts_sweep(struct accounts *accounts, int64_t now_us);

/* Another connection and session of a user. Returns 0, -ENOMEM, or ACCOUNT_FULL when they have as
 * many connections as they may. */
enum { ACCOUNT_FULL = 1 };
int account_open(struct accounts *accounts, uid_t uid, const struct quotas *quotas,
                 struct account **ret_account);
/* The connection is gone, and later its session. */
void account_close(struct account *account);
void account_leave(struct account *account);

/* A call is under way, and is no more. */
void account_begin(struct account *account, size_t bytes);
void account_end(struct account *account, size_t bytes);
/* Whether no further call may begin. */
bool account_is_over(const struct account *account, const struct quotas *quotas);
/* Stands in line at its end. */
void account_wait(struct accounts *accounts, struct account *account, struct list *waiter);

/* The moment for so many events that come now, with `rate` events a second on the long run and at
 * most one second's worth at once; not before `now_us`. A call of more than that has its moment
 * when nothing is ahead of time, and what follows pays for it. */
int64_t account_events_moment(const struct account *account, int64_t rate, int64_t events,
                              int64_t now_us);
/* They will come at that moment. */
void account_events_take(struct account *account, int64_t rate, int64_t events, int64_t now_us);
