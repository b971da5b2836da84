/*
 * fault_cases: which calls fail in which way, and what came of it.
 */
#pragma once

#include <stdbool.h>

#include "fault_place.h"

enum { FAULT_WAYS_MOST = 3 };

/* How calls of each kind fail; ended by 0. */
extern const int fault_ways[FAULT_KINDS][FAULT_WAYS_MOST + 1];

struct fault_choice {
    long cases; /* so many, spread over all kinds; 0: all */
    uint64_t seed;
    bool kinds[FAULT_KINDS];
    bool each_allocation; /* not each stack that leads to one */
};

/* A growing list; zeroed is empty. */
struct fault_cases {
    struct fault_case *cases;
    long count;
    long room;
};

void fault_cases_add(struct fault_cases *cases, const struct fault_case *fault);
/* For the calls that a load was counted to make; shuffled, so that whatever part of them is played
 * is a fair sample. */
void fault_cases_make(struct fault_cases *cases, const struct fault_orders *counted,
                      const struct fault_choice *choice);
/* Stacks of allocations. */
long fault_stacks_count(const struct fault_orders *counted);
/* Adds what one more run of the load counted. -1 when there is no room for all its stacks. */
int fault_counted_add(struct fault_orders *counted, const struct fault_orders *more);

/* Shared by processes. */
struct fault_tally {
    struct {
        atomic_long played;
        atomic_long not_reached; /* it ended before its call came */
    } of[FAULT_KINDS][FAULT_WAYS_MOST][2];
    atomic_long bad;
};

void fault_tally_note(struct fault_tally *tally, const struct fault_case *fault, bool reached);
/* A line for each kind and way, and the sum. */
void fault_tally_tell(const struct fault_tally *tally, const struct fault_orders *counted);
