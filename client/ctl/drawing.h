/*
 * drawing: a run's graph with what became of its units, in four forms.
 *
 * The graph is the caller's and outlives the drawing; statuses are gathered from events, the last
 * one of a unit wins. One thread.
 */
#pragma once

#include <historyd/types.h>

#include "arena.h"
#include "names.h"
#include "output.h"

struct drawing_node {
    const char *status; /* never NULL */
    const char *error;  /* of a failed unit, or NULL */
    int64_t duration;   /* microseconds, -1: not known */
    int64_t started;    /* 0: not known */
    size_t first_need;  /* its edges in `needs`: first and number */
    size_t n_needs;
};

struct drawing {
    const struct hd_graph *graph;
    struct arena arena;
    struct names names; /* node id -> index */
    struct drawing_node *nodes;
    size_t *needs;  /* nodes that must be done before, grouped by the node that needs them */
    size_t *order;  /* nodes by level, and as given within one */
    int64_t levels; /* number of levels */
};

/* Returns 0 or -ENOMEM; drawing_close() is right in both cases. */
int drawing_open(struct drawing *drawing, const struct hd_graph *graph);
void drawing_close(struct drawing *drawing);
int drawing_add_event(struct drawing *drawing, const struct hd_event *event);

void drawing_print_text(const struct drawing *drawing, struct output *output, bool colour);
void drawing_print_dot(const struct drawing *drawing, const char *title, struct output *output);
void drawing_print_mermaid(const struct drawing *drawing, struct output *output);
