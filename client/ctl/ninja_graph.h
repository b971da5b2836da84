/*
 * ninja_graph: what `ninja -t graph` draws, and which of the edges that ran need which.
 *
 * The drawing names its nodes by addresses; files are found by their labels. An edge is an ellipse
 * between its inputs and its outputs, or, with one input and one output, only an arrow. A graph
 * owns its tables and points into its text. Pure, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "names.h"
#include "ninja_builds.h"

struct ninja_vertex {
    const char *label; /* a file's path or an edge's rule; NULL: a file the drawing does not name */
    size_t label_size;
    const char *rule; /* of the arrow a file is made by, or NULL */
    size_t rule_size;
    bool ellipse;  /* an edge */
    size_t inputs; /* first arc + 1, 0: none */
};

struct ninja_arc {
    size_t from; /* vertex */
    size_t next; /* arc + 1 */
    bool order_only;
};

struct ninja_graph {
    struct names ids;    /* address -> vertex */
    struct names labels; /* path -> vertex, files only */
    struct ninja_vertex *vertices;
    size_t n_vertices, vertices_capacity;
    struct ninja_arc *arcs;
    size_t n_arcs, arcs_capacity;
};

/* Reads a drawing. Returns 0, 1 where the text is none, or -ENOMEM. */
int ninja_graph_read(const char *text, size_t size, struct ninja_graph *ret_graph);
void ninja_graph_clear(struct ninja_graph *graph);

/* The file of that path, or -1. */
ssize_t ninja_graph_file(const struct ninja_graph *graph, const char *path, size_t size);
/* The longest path known to the graph that `text` starts with, ended by a blank or the end; its
 * size, or 0. Ninja lists the outputs of an edge like that, and paths may hold blanks. */
size_t ninja_graph_leading_path(const struct ninja_graph *graph, const char *text, size_t size);

/* A unit as the graph sees it: the paths of its outputs. */
struct ninja_outputs {
    const char *const *paths;
    const size_t *sizes;
    size_t n;
};

struct ninja_link {
    size_t from; /* unit that must be done before */
    size_t to;
};

/* Joins of units, gathered from one or more drawings. */
struct ninja_links {
    struct ninja_link *links;
    size_t n_links, capacity;
    const char **rules; /* of each unit, NULL: unknown; in the arena of the join */
    bool *found;        /* units that a drawing had */
    size_t n_units;
};

int ninja_links_open(struct ninja_links *links, size_t n_units, struct arena *arena);
void ninja_links_clear(struct ninja_links *links);
/* Adds which units need which, through all that did not run. `order_only` says whether inputs that
 * are only ordered count. Stops after `most` links. Returns 0, 1 after too many, or -ENOMEM. */
int ninja_graph_join(const struct ninja_graph *graph, const struct ninja_outputs *units,
                     bool order_only, size_t most, struct arena *arena, struct ninja_links *links);
/* Sorts the links and drops doubled ones. */
void ninja_links_settle(struct ninja_links *links);
