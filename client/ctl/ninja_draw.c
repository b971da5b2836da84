#include "ninja_draw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "limits.h"
#include "process.h"
#include "slurp.h"

enum {
    DRAW_BYTES = 1024 * 1024 * 1024,
    DRAW_TARGETS = 400, /* asked for in one go: the arguments must fit */
    DRAW_TARGETS_BYTES = 90000,
};

/* Asks Ninja; `targets` (may be NULL) follow the fixed arguments. Returns 0, or -1 after a message.
 */
static int ninja_ask(const char *build_dir, const char *tool, const char *const *targets,
                     size_t n_targets, struct buffer *text)
{
    const char *argv[DRAW_TARGETS + 8] = {"ninja", "-C", build_dir, "-t", tool};
    size_t n = 5;
    int r;

    for (size_t i = 0; i < n_targets; i++)
        argv[n++] = targets[i];
    argv[n] = NULL;
    r = process_capture((char *const *)argv, DRAW_BYTES, text);
    if (r == 0)
        return 0;
    if (r < 0)
        ctl_complain("cannot run ninja for the graph: %s", strerror(-r));
    else
        ctl_complain("ninja -t %s failed with exit code %d: no graph", tool, r);
    return -1;
}

static bool ninja_has_manifest(const char *build_dir)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/build.ninja", build_dir);
    return access(path, R_OK) == 0;
}

/* `ninja -C` says that it enters a folder before it draws. */
static int ninja_read_drawing(const struct buffer *text, struct ninja_graph *graph)
{
    static const char opening[] = "digraph ";
    const char *from = text->size ? memmem(text->data, text->size, opening, 8) : NULL;

    if (!from || (from != text->data && from[-1] != '\n'))
        return 1;
    return ninja_graph_read(from, text->size - (size_t)(from - text->data), graph);
}

int ninja_source_open(struct ninja_source *source, const char *build_dir, const char *file)
{
    int r = 0;

    *source = (struct ninja_source){.build_dir = build_dir, .file = file, .text = BUFFER_INIT};
    if (file)
        r = slurp_file(file, DRAW_BYTES, &source->text, NULL);
    if (r < 0) {
        ctl_complain("%s: %s", file, strerror(-r));
        return -1;
    }
    if (!file && !ninja_has_manifest(build_dir)) {
        ctl_complain("%s has no build.ninja, so the run gets no graph; --graph FILE gives one",
                     build_dir);
        return 0;
    }
    if (!file && ninja_ask(build_dir, "graph", NULL, 0, &source->text) < 0)
        return 0;
    r = ninja_read_drawing(&source->text, &source->graph);
    if (r < 0) {
        ctl_fail_memory();
        return -1;
    }
    source->has_graph = r == 0;
    if (r > 0)
        ctl_complain("%s: not what 'ninja -t graph' draws", file ? file : "ninja -t graph");
    return r > 0 && file ? -1 : 0;
}

void ninja_source_close(struct ninja_source *source)
{
    if (source->has_graph)
        ninja_graph_clear(&source->graph);
    source->has_graph = false;
    buffer_clear(&source->text);
}

/* Draws `targets` as well and joins what is there. Returns as ninja_graph_join(). */
static int ninja_join_more(struct ninja_source *source, const struct ninja_plan *plan,
                           const struct ninja_outputs *outputs, const char *const *targets,
                           size_t n_targets, bool order_only, struct ninja_links *links)
{
    struct buffer text = BUFFER_INIT;
    struct ninja_graph graph;
    int r = 0;

    if (ninja_ask(source->build_dir, "graph", targets, n_targets, &text) == 0) {
        r = ninja_read_drawing(&text, &graph);
        if (r == 0) {
            r = ninja_graph_join(&graph, outputs, order_only, (size_t)limits_default.edges,
                                 plan->arena, links);
            ninja_graph_clear(&graph);
        } else if (r > 0) {
            r = 0;
        }
    }
    buffer_clear(&text);
    return r;
}

/* The paths `ninja -t targets all` knows: "path: rule" lines. The names point into the text. */
static int ninja_known_targets(const char *build_dir, struct buffer *text, struct names *names)
{
    size_t at = 0;

    if (ninja_ask(build_dir, "targets", (const char *const[]){"all"}, 1, text) < 0)
        return 0;
    while (at < text->size) {
        const char *line = text->data + at;
        const char *end = memchr(line, '\n', text->size - at);
        size_t size = end ? (size_t)(end - line) : text->size - at;
        const char *colon = memrchr(line, ':', size);

        if (colon && names_add(names, line, (size_t)(colon - line), 0, NULL) < 0)
            return -ENOMEM;
        at += size + 1;
    }
    return 0;
}

/* Without targets Ninja draws what it builds by default; units of other targets are drawn in
 * further goes. A unit the manifest no longer knows stays alone. */
static int ninja_join_missing(struct ninja_source *source, const struct ninja_plan *plan,
                              const struct ninja_outputs *outputs, bool order_only,
                              struct ninja_links *links)
{
    const char *targets[DRAW_TARGETS];
    struct names known = NAMES_INIT;
    struct buffer text = BUFFER_INIT;
    size_t n_targets = 0;
    size_t bytes = 0;
    size_t missing = 0;
    int r;

    for (size_t i = 0; i < links->n_units; i++)
        missing += !links->found[i];
    if (missing == 0 || source->file)
        return 0;
    r = ninja_known_targets(source->build_dir, &text, &known);
    for (size_t i = 0; i < links->n_units && r == 0; i++) {
        const struct ninja_outputs *unit = &outputs[i];
        const char *path;

        if (!links->found[i] && names_find(&known, unit->paths[0], unit->sizes[0])) {
            path = arena_copy(plan->arena, unit->paths[0], unit->sizes[0]);
            r = path ? 0 : -ENOMEM;
            targets[n_targets++] = path;
            bytes += unit->sizes[0];
        }
        if (r == 0 && n_targets &&
            (n_targets == DRAW_TARGETS || bytes > DRAW_TARGETS_BYTES || i + 1 == links->n_units)) {
            r = ninja_join_more(source, plan, outputs, targets, n_targets, order_only, links);
            n_targets = bytes = 0;
        }
    }
    names_clear(&known);
    buffer_clear(&text);
    return r;
}

static int ninja_join_all(struct ninja_source *source, const struct ninja_plan *plan,
                          const struct ninja_outputs *outputs, bool order_only,
                          struct ninja_links *links)
{
    int r = ninja_graph_join(&source->graph, outputs, order_only, (size_t)limits_default.edges,
                             plan->arena, links);

    if (r == 0)
        r = ninja_join_missing(source, plan, outputs, order_only, links);
    if (r == 0)
        ninja_links_settle(links);
    return r;
}

int ninja_draw(struct ninja_source *source, const struct ninja_plan *plan,
               struct hd_graph *ret_graph)
{
    struct ninja_outputs *outputs = ninja_plan_outputs(plan);
    struct ninja_links links;
    int r;

    if (!source->has_graph || plan->n_units == 0)
        return 0;
    if ((int64_t)plan->n_units > limits_default.nodes) {
        ctl_complain("%s: %zu units are more than a graph may have; it gets none", plan->run_id,
                     plan->n_units);
        return 0;
    }
    if (!outputs || ninja_links_open(&links, plan->n_units, plan->arena) < 0)
        return -ENOMEM;
    r = ninja_join_all(source, plan, outputs, true, &links);
    if (r > 0) {
        ctl_complain("%s: too many edges for a graph; those that only order are left out",
                     plan->run_id);
        links.n_links = 0;
        r = ninja_join_all(source, plan, outputs, false, &links);
    }
    if (r > 0) {
        ctl_complain("%s: too many edges for a graph; it gets none", plan->run_id);
        r = 0;
    } else if (r == 0) {
        r = ninja_plan_graph(plan, &links, ret_graph);
        r = r < 0 ? r : 1;
    }
    ninja_links_clear(&links);
    return r;
}

int ninja_draw_paths(const char *build_dir, struct ninja_source *ret_source)
{
    struct ninja_source source = {.build_dir = build_dir, .text = BUFFER_INIT, .has_graph = true};
    int r = 0;

    if (ninja_has_manifest(build_dir))
        r = ninja_known_targets(build_dir, &source.text, &source.graph.labels);
    if (r < 0)
        ninja_source_close(&source);
    else
        *ret_source = source;
    return r;
}
