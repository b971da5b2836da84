#include "scene.h"

enum { READERS = 4, CALLS = 64 };

struct subject *subject;
struct wire *wire;

static void scene_setup(void)
{
    harness_setup();
    subject = subject_new("historyd");
    subject_start(subject);
    wire = wire_open(subject);
}

TCase *scene_case(Suite *suite, const char *name, double seconds)
{
    return harness_case_with(suite, name, seconds, scene_setup);
}

void scene_run(const char *id)
{
    wire_call(wire, "CreateRun", "{'id':'%s','repo_path':'/r'}", id);
}

int64_t scene_event(const char *run, const char *type)
{
    return answer_int(
        wire_call(wire, "AppendEvents", "{'run_id':'%s','events':[{'type':'%s'}]}", run, type),
        "last_seq");
}

void scene_read_everywhere(void)
{
    struct wire *wires[READERS];

    wire_call(wire, "CheckIntegrity", "{'quick':true}");
    for (int i = 0; i < READERS; i++)
        wires[i] = wire_open(subject);
    for (int call = 0; call < CALLS; call++)
        for (int i = 0; i < READERS; i++)
            wire_start(wires[i], "ListRuns", NULL, "{'limit':1}");
    for (int call = 0; call < CALLS; call++)
        for (int i = 0; i < READERS; i++)
            wire_result(wires[i]);
    for (int i = 0; i < READERS; i++)
        wire_close(wires[i]);
}
