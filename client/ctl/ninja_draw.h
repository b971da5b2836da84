/*
 * ninja_draw: the graph of a plan's units, from a drawing in a file or from Ninja itself.
 *
 * One thread. Everything lives in the plan's arena or is cleared with the drawing.
 */
#pragma once

#include "ninja_graph.h"
#include "ninja_plan.h"

/* Where drawings come from. */
struct ninja_source {
    const char
        *build_dir;   /* asked with `ninja -C` when `file` is NULL and there is a build.ninja */
    const char *file; /* a drawing somebody kept, or NULL */
    struct buffer text;
    struct ninja_graph graph;
    bool has_graph;
};

/* Gets the drawing. Returns 0 (also without one, which is told), or -1 after a message. */
int ninja_source_open(struct ninja_source *source, const char *build_dir, const char *file);
void ninja_source_close(struct ninja_source *source);

/* Makes the graph of the plan's units. Returns 1 with one, 0 without (there is no drawing, or it
 * would be too large, which is told), -ENOMEM. */
int ninja_draw(struct ninja_source *source, const struct ninja_plan *plan,
               struct hd_graph *ret_graph);

/* The paths that Ninja builds in `build_dir`, as a drawing without arrows. Returns 0 or -ENOMEM;
 * the graph may be empty. */
int ninja_draw_paths(const char *build_dir, struct ninja_source *ret_source);
