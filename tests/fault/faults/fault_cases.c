#include "fault_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const int fault_ways[FAULT_KINDS][FAULT_WAYS_MOST + 1] = {
    [FAULT_SYNC] = {EIO, ENOSPC},
    [FAULT_WRITE] = {EIO, ENOSPC, FAULT_SHORT},
    [FAULT_READ] = {EIO},
    [FAULT_TRUNCATE] = {EIO, ENOSPC},
    [FAULT_OPEN] = {EMFILE, EIO, ENOSPC},
    [FAULT_NAME] = {EIO, ENOSPC},
    [FAULT_MAP] = {ENOMEM},
    [FAULT_MEMORY] = {ENOMEM},
    [FAULT_THREAD] = {EAGAIN},
    [FAULT_DESCRIPTOR] = {EMFILE},
    [FAULT_ACCEPT] = {EMFILE},
    [FAULT_SEND] = {ENOBUFS, FAULT_SHORT},
};

static int ways_count(enum fault_kind kind)
{
    int n = 0;

    while (fault_ways[kind][n])
        n++;
    return n;
}

/* --- which ------------------------------------------------------------------------------------ */

void fault_cases_add(struct fault_cases *cases, const struct fault_case *fault)
{
    if (cases->count == cases->room) {
        cases->room = 2 * cases->room + 1024;
        cases->cases = realloc(cases->cases, (size_t)cases->room * sizeof(*cases->cases));
        if (!cases->cases)
            abort();
    }
    cases->cases[cases->count++] = *fault;
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

long fault_stacks_count(const struct fault_orders *counted)
{
    long count = 0;

    for (int i = 0; i < FAULT_STACKS_MOST; i++)
        count += counted->stacks[i].stack != 0;
    return count;
}

static bool stack_add(struct fault_orders *counted, const struct fault_stack *more)
{
    for (uint64_t i = more->stack, n = 0; n < FAULT_STACKS_MOST; i++, n++) {
        struct fault_stack *known = &counted->stacks[i % FAULT_STACKS_MOST];

        if (known->stack != 0 && known->stack != more->stack)
            continue;
        known->stack = more->stack;
        known->calls += more->calls;
        return true;
    }
    return false;
}

int fault_counted_add(struct fault_orders *counted, const struct fault_orders *more)
{
    long calls = 0;

    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        if (counted->calls[kind] < more->calls[kind])
            counted->calls[kind] = more->calls[kind];
    for (int i = 0; i < FAULT_STACKS_MOST; i++) {
        calls += more->stacks[i].calls;
        if (more->stacks[i].stack != 0 && !stack_add(counted, &more->stacks[i]))
            return -1;
    }
    return calls == more->calls[FAULT_MEMORY] ? 0 : -1;
}

/* The first allocation from the `number`th stack. */
static void stack_choose(const struct fault_orders *counted, long number, struct fault_case *fault)
{
    int i = -1;

    while (number > 0)
        number -= counted->stacks[++i].stack != 0;
    fault->stack = counted->stacks[i].stack;
    fault->from = 1;
}

/* `most` of the calls (or of the stacks that lead to them), one out of each of as many stretches.
 */
static void cases_spread(struct fault_cases *cases, const struct fault_case *way,
                         const struct fault_orders *counted, bool stacks, long most, uint64_t *seed)
{
    long calls = stacks ? fault_stacks_count(counted) : counted->calls[way->kind];
    long count = most > 0 && most < calls ? most : calls;

    for (long i = 0; i < count; i++) {
        long first = calls * i / count, behind = calls * (i + 1) / count;
        struct fault_case fault = *way;

        fault.from = first + 1 + (long)(draw(seed) % (uint64_t)(behind - first));
        if (stacks)
            stack_choose(counted, fault.from, &fault);
        fault_cases_add(cases, &fault);
    }
}

static void cases_shuffle(struct fault_cases *cases, uint64_t *seed)
{
    for (long i = cases->count - 1; i > 0; i--) {
        long other = (long)(draw(seed) % (uint64_t)(i + 1));
        struct fault_case fault = cases->cases[i];

        cases->cases[i] = cases->cases[other];
        cases->cases[other] = fault;
    }
}

/* Of a sample memory, of which there is most, gets half. */
void fault_cases_make(struct fault_cases *cases, const struct fault_orders *counted,
                      const struct fault_choice *choice)
{
    uint64_t seed = choice->seed;
    long others = 0;

    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        others += kind == FAULT_MEMORY || !choice->kinds[kind] ? 0 : 2 * ways_count(kind);
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++) {
        bool memory = kind == FAULT_MEMORY;
        long parts = memory ? (others ? 4 : 2) : 2 * others;

        for (int i = 0; choice->kinds[kind] && i < 2 * ways_count(kind); i++)
            cases_spread(cases,
                         &(struct fault_case){
                             .kind = kind, .error = fault_ways[kind][i / 2], .forever = i % 2 != 0},
                         counted, memory && !choice->each_allocation,
                         choice->cases > 0 ? choice->cases / parts + 1 : 0, &seed);
    }
    cases_shuffle(cases, &seed);
}

/* --- what came of it -------------------------------------------------------------------------- */

void fault_tally_note(struct fault_tally *tally, const struct fault_case *fault, bool reached)
{
    int way = 0;

    while (fault_ways[fault->kind][way] != fault->error)
        way++;
    atomic_fetch_add(&tally->of[fault->kind][way][fault->forever].played, 1);
    if (!reached)
        atomic_fetch_add(&tally->of[fault->kind][way][fault->forever].not_reached, 1);
}

void fault_tally_tell(const struct fault_tally *tally, const struct fault_orders *counted)
{
    long all = 0, not_reached = 0;

    printf("%-10s %-7s %6s %8s %8s %12s\n", "kind", "error", "calls", "once", "forever",
           "not reached");
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        for (int way = 0; way < ways_count(kind); way++) {
            long once = tally->of[kind][way][0].played, forever = tally->of[kind][way][1].played;
            long missed = tally->of[kind][way][0].not_reached + tally->of[kind][way][1].not_reached;

            if (once + forever > 0)
                printf("%-10s %-7s %6ld %8ld %8ld %12ld\n", fault_kind_name(kind),
                       fault_error_name(fault_ways[kind][way]), (long)counted->calls[kind], once,
                       forever, missed);
            all += once + forever;
            not_reached += missed;
        }
    printf("allocations came from %ld stacks of calls\n", fault_stacks_count(counted));
    printf("%ld cases, %ld of them ended before their call came: %ld bad\n", all, not_reached,
           (long)tally->bad);
}
