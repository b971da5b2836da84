/*
 * The importer of Ninja's builds: a log, what Ninja printed, and what it drew, with 0xff between
 * them. Whatever they hold, what is made of them is fit to be sent.
 */
#include <errno.h>
#include <stdlib.h>

#include "codec.h"
#include "fuzz.h"
#include "ninja_plan.h"
#include "tables.h"

struct importer {
    struct arena arena;
    struct ninja_plan plan;
    struct ninja_graph graph;
    bool has_graph;
};

static int failure_add(void *userdata, const struct ninja_failure *failure)
{
    struct importer *importer = userdata;
    int r = ninja_plan_add_failure(&importer->plan, failure, 1600000000000000,
                                   importer->has_graph ? &importer->graph : NULL);

    return r < 0 ? r : 0;
}

static void check_events(const struct ninja_plan *plan)
{
    struct hd_new_event *events;
    struct fault fault;
    size_t n;

    fuzz_demand(ninja_plan_events(plan, &events, &n) == 0, "out of memory");
    for (size_t i = 0; i < n; i++) {
        fuzz_demand(events[i].seq == (int64_t)i + 1, "events out of order");
        fuzz_demand(codec_check(&hd_new_event_table, &events[i], &limits_default, &fault) == 0,
                    "event %zu is not fit to be sent: %s", i, fault.text);
    }
    fuzz_demand(ninja_plan_parallelism(plan) >= 1, "nothing ran");
}

static void check_graph(struct importer *importer)
{
    struct ninja_outputs *outputs = ninja_plan_outputs(&importer->plan);
    struct ninja_links links;
    struct hd_graph graph;
    struct fault fault;
    int r;

    fuzz_demand(outputs && ninja_links_open(&links, importer->plan.n_units, &importer->arena) == 0,
                "out of memory");
    r = importer->has_graph
            ? ninja_graph_join(&importer->graph, outputs, true, 10000, &importer->arena, &links)
            : 0;
    fuzz_demand(r >= 0, "out of memory");
    ninja_links_settle(&links);
    r = ninja_plan_graph(&importer->plan, &links, &graph);
    fuzz_demand(r >= 0, "out of memory");
    if (r == 0)
        fuzz_demand(codec_check(&hd_graph_table, &graph, &limits_default, &fault) == 0,
                    "a graph that is not fit to be sent: %s", fault.text);
    ninja_links_clear(&links);
}

static void import(struct importer *importer, const struct ninja_log *log,
                   const struct ninja_build *build, const char *printed, size_t size)
{
    struct ninja_output output;

    fuzz_demand(ninja_plan_open(&importer->plan, &importer->arena, "/build", "/build") == 0,
                "out of memory");
    if (build)
        fuzz_demand(ninja_plan_add_build(&importer->plan, build, log->version) == 0,
                    "out of memory");
    else
        fuzz_demand(ninja_plan_name(&importer->plan, 1) == 0, "out of memory");
    ninja_output_open(&output, failure_add, importer);
    fuzz_demand(ninja_output_feed(&output, printed, size / 2) == 0 &&
                    ninja_output_feed(&output, printed + size / 2, size - size / 2) == 0 &&
                    ninja_output_end(&output) == 0,
                "out of memory");
    ninja_output_close(&output);
    check_events(&importer->plan);
    check_graph(importer);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct importer importer = {.arena = ARENA_INIT};
    struct ninja_builds builds = {0};
    struct ninja_log log;
    size_t log_size, printed_size, drawn_size;
    char *text = fuzz_text(&input, &log_size);
    char *printed = fuzz_text(&input, &printed_size);
    char *drawn = fuzz_rest(&input, &drawn_size);
    int r = ninja_graph_read(drawn, drawn_size, &importer.graph);

    fuzz_demand(r >= 0, "out of memory");
    importer.has_graph = r == 0;
    r = ninja_log_read(text, log_size, &log);
    fuzz_demand(r >= 0, "out of memory");
    if (r == 0)
        fuzz_demand(ninja_builds_find(&log, 1600000000000000, &importer.arena, &builds) == 0,
                    "out of memory");
    for (size_t i = 0; i < builds.n_builds && i < 4; i++)
        import(&importer, &log, &builds.builds[i], printed, printed_size);
    if (builds.n_builds == 0)
        import(&importer, NULL, NULL, printed, printed_size);
    if (r == 0)
        ninja_log_clear(&log);
    if (importer.has_graph)
        ninja_graph_clear(&importer.graph);
    arena_clear(&importer.arena);
    free(text);
    free(printed);
    free(drawn);
}
