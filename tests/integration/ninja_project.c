#include "ninja_project.h"

#include <string.h>

const char *project_folder(void)
{
    return harness_path("build");
}

void project_make(const char *manifest)
{
    program_shell("mkdir -p build && cd build && for f in a b g; do echo $f > $f.txt; done");
    harness_write_file(harness_path("build/build.ninja"), manifest, strlen(manifest));
}

cJSON *project_runs(void)
{
    return wire_call(wire, "ListRuns", "{'count':true}");
}

static const char *run_id(const cJSON *list, int run)
{
    return answer_text(list, harness_text("runs[%d].id", run));
}

cJSON *project_events(const cJSON *list, int run, const char *filter)
{
    return wire_call(wire, "ListEvents", "{'run_id':'%s','limit':1000%s}", run_id(list, run),
                     harness_quote(filter));
}

cJSON *project_graph(const cJSON *list, int run)
{
    return wire_call(wire, "GetGraph", "{'run_id':'%s'}", run_id(list, run));
}

const char *project_units(const cJSON *list, int run, const char *type)
{
    cJSON *answer = project_events(list, run, harness_text(",'type':'%s'", type));
    const char *names[64];
    const char *text = "";
    int n = answer_count(answer, "events");

    for (int i = 0; i < n; i++) {
        const char *name = answer_text(answer, harness_text("events[%d].unit", i));
        int place = i;

        while (place > 0 && strcmp(names[place - 1], name) > 0) {
            names[place] = names[place - 1];
            place--;
        }
        names[place] = name;
    }
    for (int i = 0; i < n; i++)
        text = harness_text("%s %s", text, names[i]);
    return text;
}
