#include "account.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SECOND_US = 1000000 };

void accounts_init(struct accounts *accounts)
{
    for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
        list_init(&accounts->buckets[i]);
    list_init(&accounts->lines);
    list_init(&accounts->delayed);
}

static void account_free(struct account *account)
{
    list_remove(&account->node);
    list_remove(&account->line);
    free(account);
}

void accounts_clear(struct accounts *accounts)
{
    for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
        list_for_each_safe(node, &accounts->buckets[i])
            account_free(container_of(node, struct account, node));
}

void accounts_sweep(struct accounts *accounts, int64_t now_us)
{
    for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
        list_for_each_safe(node, &accounts->buckets[i]) {
            struct account *account = container_of(node, struct account, node);

            if (account->users == 0 && account->events_paid_us <= now_us)
                account_free(account);
        }
}

/* The user's account, made if need be. NULL when out of memory. */
static struct account *account_of(struct accounts *accounts, uid_t uid)
{
    struct list *bucket = &accounts->buckets[uid % ACCOUNT_BUCKETS];
    struct account *account;

    list_for_each(node, bucket) {
        account = container_of(node, struct account, node);
        if (account->uid == uid)
            return account;
    }
    account = calloc(1, sizeof(*account));
    if (!account)
        return NULL;
    account->uid = uid;
    list_init(&account->line);
    list_init(&account->waiting);
    connection_budget_init(&account->budget);
    list_push(bucket, &account->node);
    return account;
}

int account_open(struct accounts *accounts, uid_t uid, const struct quotas *quotas,
                 struct account **ret_account)
{
    struct account *account = account_of(accounts, uid);

    if (!account)
        return -ENOMEM;
    if (account->connections >= quotas->connections)
        return ACCOUNT_FULL;
    account->users++;
    account->connections++;
    account->budget.limit = quotas->bytes;
    *ret_account = account;
    return 0;
}

void account_close(struct account *account)
{
    account->connections--;
}

void account_leave(struct account *account)
{
    assert(account->users > 0);
    account->users--;
}

void account_begin(struct account *account, size_t bytes)
{
    account->calls++;
    account->bytes += (int64_t)bytes;
}

void account_end(struct account *account, size_t bytes)
{
    assert(account->calls > 0 && account->bytes >= (int64_t)bytes);
    account->calls--;
    account->bytes -= (int64_t)bytes;
}

bool account_is_over(const struct account *account, const struct quotas *quotas)
{
    return account->calls > 0 &&
           (account->calls >= quotas->calls || account->bytes >= quotas->bytes);
}

void account_wait(struct accounts *accounts, struct account *account, struct list *waiter)
{
    list_push(&account->waiting, waiter);
    if (list_empty(&account->line))
        list_push(&accounts->lines, &account->line);
}

/* How long so many events take at the rate. Neither factor is large enough to overflow: a call has
 * at most 100,000 events. */
static int64_t events_us(int64_t rate, int64_t events)
{
    return events * SECOND_US / rate;
}

int64_t account_events_moment(const struct account *account, int64_t rate, int64_t events,
                              int64_t now_us)
{
    int64_t takes = events_us(rate, events);
    int64_t burst = takes < SECOND_US ? SECOND_US - takes : 0;
    int64_t moment = account->events_paid_us - burst;

    return moment > now_us ? moment : now_us;
}

void account_events_take(struct account *account, int64_t rate, int64_t events, int64_t now_us)
{
    if (account->events_paid_us < now_us)
        account->events_paid_us = now_us;
    account->events_paid_us += events_us(rate, events);
}
