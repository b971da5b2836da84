/* Every rule and every kind of fault in parameters, and which of several is named. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "method_input.h"

/* `path` NULL: the parameters are fine. */
static const struct {
    const char *method;
    const char *json;
    const char *path;
} cases[] = {
    /* shape */
    {"Ping", "{}", NULL},
    {"Ping", "{\"x\":1}", "x"},
    {"Ping", "[]", "parameters"},
    {"GetRun", "{\"run_id\":\"r\"}", NULL},
    {"GetRun", "{\"run\\u005fid\":\"r\"}", NULL},
    {"GetRun", "{}", "run_id"},
    {"GetRun", "{\"run_id\":null}", "run_id"},
    {"GetRun", "{\"run_id\":1}", "run_id"},
    {"GetRun", "{\"Run_id\":\"r\"}", "Run_id"},
    {"GetRun", "{\"run_id\":\"r\",\"run_id2\":1}", "run_id2"},
    {"GetRun", "{\"run_\":\"r\"}", "run_"},
    {"GetRun", "{\"\":1}", ""},
    /* run ids */
    {"GetRun", "{\"run_id\":\"\"}", "run_id"},
    {"GetRun", "{\"run_id\":\"!~\"}", NULL},
    {"GetRun", "{\"run_id\":\"a b\"}", "run_id"},
    {"GetRun", "{\"run_id\":\"a\\tb\"}", "run_id"},
    {"GetRun", "{\"run_id\":\"a\\u007f\"}", "run_id"},
    {"GetRun", "{\"run_id\":\"\xc3\xa9\"}", "run_id"},
    {"CreateRun", "{\"id\":\"\",\"repo_path\":\"/r\"}", "id"},
    {"CreateRun", "{\"id\":null,\"repo_path\":\"/r\"}", NULL},
    {"Watch", "{\"run_id\":\" \"}", "run_id"},
    /* integers */
    {"ListEvents", "{\"run_id\":\"r\",\"task\":-9223372036854775808}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":9223372036854775807}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":9223372036854775808}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":-9223372036854775809}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":1.0}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":1e2}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":\"1\"}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":true}", "task"},
    {"ListEvents", "{\"run_id\":\"r\",\"task\":-0}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":0}", "limit"},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":1}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":1000}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":1001}", "limit"},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":-1}", "limit"},
    {"ListEvents", "{\"run_id\":\"r\",\"limit\":null}", NULL},
    {"ListRuns", "{\"limit\":0}", "limit"},
    {"ListRuns", "{\"limit\":1001}", "limit"},
    {"ListRuns", "{\"offset\":-1}", "offset"},
    {"ListRuns", "{\"offset\":0}", NULL},
    {"ListEvents", "{\"run_id\":\"r\",\"offset\":-1}", "offset"},
    {"ListEvents", "{\"run_id\":\"r\",\"after_seq\":-1}", "after_seq"},
    {"ListEvents", "{\"run_id\":\"r\",\"after_seq\":0}", NULL},
    {"Watch", "{\"after_seq\":-1}", "after_seq"},
    {"Watch", "{\"after_id\":-1}", "after_id"},
    {"Watch", "{\"after_id\":0}", NULL},
    {"UpdateRun", "{\"run_id\":\"r\",\"total_units\":-1}", "total_units"},
    {"UpdateRun", "{\"run_id\":\"r\",\"completed_units\":-1}", "completed_units"},
    {"UpdateRun", "{\"run_id\":\"r\",\"failed_units\":-1}", "failed_units"},
    {"UpdateRun", "{\"run_id\":\"r\",\"blocked_units\":-1}", "blocked_units"},
    {"UpdateRun", "{\"run_id\":\"r\",\"total_units\":0,\"blocked_units\":0}", NULL},
    {"CreateRun", "{\"repo_path\":\"/r\",\"parallelism\":-1}", "parallelism"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"parallelism\":0}", NULL},
    {"CreateRun", "{\"repo_path\":\"/r\",\"total_units\":-1}", "total_units"},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"failed\",\"failed_units\":-1}", "failed_units"},
    /* booleans */
    {"CreateRun", "{\"repo_path\":\"/r\",\"dry_run\":false}", NULL},
    {"CreateRun", "{\"repo_path\":\"/r\",\"dry_run\":0}", "dry_run"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"dry_run\":\"true\"}", "dry_run"},
    {"ListRuns", "{\"count\":1}", "count"},
    /* paths and units */
    {"CreateRun", "{}", "repo_path"},
    {"CreateRun", "{\"repo_path\":\"\"}", "repo_path"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"tasks_dir\":\"\"}", NULL},
    {"ListRuns", "{\"repo_path\":\"\"}", "repo_path"},
    {"Watch", "{\"repo_path\":\"\"}", "repo_path"},
    {"ListEvents", "{\"run_id\":\"r\",\"unit\":\"\"}", "unit"},
    {"Watch", "{\"unit\":\"\"}", "unit"},
    /* types */
    {"Watch", "{\"type\":\"unit\"}", NULL},
    {"Watch", "{\"type\":\"0.a_b-c.9-\"}", NULL},
    {"Watch", "{\"type\":\"\"}", "type"},
    {"Watch", "{\"type\":\".\"}", "type"},
    {"Watch", "{\"type\":\"unit.\"}", "type"},
    {"Watch", "{\"type\":\".unit\"}", "type"},
    {"Watch", "{\"type\":\"unit..started\"}", "type"},
    {"Watch", "{\"type\":\"Unit\"}", "type"},
    {"Watch", "{\"type\":\"unit started\"}", "type"},
    {"Watch", "{\"type\":\"_unit\"}", "type"},
    {"Watch", "{\"type\":\"unit.-x\"}", "type"},
    {"Watch", "{\"type\":\"unit*\"}", "type"},
    {"Watch", "{\"type\":\"\xc3\xa9\"}", "type"},
    {"ListEvents", "{\"run_id\":\"r\",\"type\":\"A\"}", "type"},
    /* times */
    {"CreateRun", "{\"repo_path\":\"/r\",\"started_at\":\"2026-01-20T14:30:52Z\"}", NULL},
    {"CreateRun", "{\"repo_path\":\"/r\",\"started_at\":\"2026-01-20 14:30:52Z\"}", "started_at"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"started_at\":\"\"}", "started_at"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"started_at\":1768919452}", "started_at"},
    {"ListRuns", "{\"started_after\":\"yesterday\"}", "started_after"},
    {"ListRuns", "{\"started_before\":\"2026-02-30T00:00:00Z\"}", "started_before"},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"failed\",\"completed_at\":\"x\"}",
     "completed_at"},
    /* statuses */
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"completed\"}", NULL},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"stopped\"}", NULL},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"running\"}", "status"},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"Completed\"}", "status"},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"\"}", "status"},
    {"CompleteRun", "{\"run_id\":\"r\"}", "status"},
    {"ListRuns", "{\"status\":\"running\"}", NULL},
    {"ListRuns", "{\"status\":\"done\"}", "status"},
    /* texts without grammar */
    {"StopRun", "{\"run_id\":\"r\",\"reason\":\"\"}", NULL},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"failed\",\"error\":\"\"}", NULL},
    {"ListRuns", "{\"cursor\":\"\"}", NULL},
    /* events */
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"}]}", NULL},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[]}", "events"},
    {"AppendEvents", "{\"run_id\":\"r\"}", "events"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":{}}", "events"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[1]}", "events[0]"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},null]}", "events[1]"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{}]}", "events[1].type"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"bogus\":1}]}",
     "events[0].bogus"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"unit\":\"\"}]}",
     "events[0].unit"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"seq\":0}]}", "events[0].seq"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"seq\":9223372036854775807}]}",
     NULL},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"seq\":9223372036854775808}]}",
     "events[0].seq"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"time\":\"now\"}]}",
     "events[0].time"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"task\":-5,\"pr\":-7}]}",
     NULL},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":{}}]}", NULL},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":null}]}", NULL},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":[]}]}",
     "events[0].payload"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\":\"{}\"}]}",
     "events[0].payload"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"error\":{}}]}",
     "events[0].error"},
    /* numbers on all or on none */
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"seq\":1,\"type\":\"a\"},{\"seq\":2,\"type\":\"a\"}]}", NULL},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"seq\":null,\"type\":\"a\"},{\"type\":\"a\"}]}", NULL},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{\"type\":\"a\"},{\"seq\":1,\"type\":\"a\"}]}",
     "events[2].seq"},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"seq\":1,\"type\":\"a\"},{\"type\":\"a\"},{\"type\":\"a\"}]}",
     "events[1].seq"},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"seq\":1,\"type\":\"a\"},{\"seq\":null,\"type\":\"a\"}]}",
     "events[1].seq"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"seq\":1,\"type\":\"a\"},{\"type\":\"A\"}]}",
     "events[1].type"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{\"seq\":1,\"type\":\"A\"}]}",
     "events[1].seq"},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{\"type\":\"A\",\"seq\":1}]}",
     "events[1].type"},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{\"seq\":1,\"type\":\"a\"},{\"type\":\"A\"}]}",
     "events[1].seq"},
    {"AppendEvents",
     "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"},{\"type\":\"A\"},{\"seq\":1,\"type\":\"a\"}]}",
     "events[1].type"},
    /* graphs */
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":[],\"edges\":[]}}", NULL},
    {"PutGraph", "{\"run_id\":\"r\"}", "graph"},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":[]}}", "graph.edges"},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"edges\":[]}}", "graph.nodes"},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":[]}", "graph"},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":null,\"edges\":[]}}", "graph.nodes"},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":[{\"id\":\"\"}],\"edges\":[]}}",
     "graph.nodes[0].id"},
    {"PutGraph",
     "{\"run_id\":\"r\",\"graph\":{\"nodes\":[{\"id\":\"a\",\"level\":-1}],\"edges\":[]}}",
     "graph.nodes[0].level"},
    {"PutGraph",
     "{\"run_id\":\"r\",\"graph\":{\"nodes\":[{\"id\":\"a\",\"attributes\":1}],\"edges\":[]}}",
     "graph.nodes[0].attributes"},
    {"PutGraph",
     "{\"run_id\":\"r\",\"graph\":{\"nodes\":[{\"id\":\"a\",\"label\":\"\",\"status\":\"\"}],"
     "\"edges\":[]}}",
     NULL},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":[],\"edges\":[{\"from\":\"a\"}]}}",
     "graph.edges[0].to"},
    {"PutGraph",
     "{\"run_id\":\"r\",\"graph\":{\"nodes\":[],\"edges\":[{\"from\":\"\",\"to\":\"b\"}]}}",
     "graph.edges[0].from"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"graph\":null}", NULL},
    {"CreateRun", "{\"repo_path\":\"/r\",\"graph\":{}}", "graph.nodes"},
    {"CreateRun", "{\"repo_path\":\"/r\",\"graph\":{\"nodes\":[{}],\"edges\":[]}}",
     "graph.nodes[0].id"},
    /* the first of several faults in the order of the message */
    {"GetRun", "{\"run_id\":null,\"bogus\":1}", "run_id"},
    {"AppendEvents", "{\"bogus\":1,\"run_id\":\"\"}", "bogus"},
    {"AppendEvents", "{\"run_id\":\"\",\"bogus\":1}", "run_id"},
    {"AppendEvents", "{\"events\":[{\"x\":1}],\"run_id\":\"\"}", "events[0].x"},
    {"AppendEvents", "{\"events\":[{\"unit\":\"\"}],\"bogus\":1}", "events[0].unit"},
    {"AppendEvents", "{\"events\":[{\"unit\":\"u\"}],\"bogus\":1}", "events[0].type"},
    {"AppendEvents", "{\"events\":[{\"type\":\"a\"},{\"type\":1},{\"type\":2}]}", "events[1].type"},
    {"AppendEvents", "{\"events\":[{\"type\":\"a\"}],\"bogus\":1}", "bogus"},
    {"AppendEvents", "{\"events\":[{\"type\":\"a\"}]}", "run_id"},
    {"CompleteRun", "{}", "run_id"},
    {"CompleteRun", "{\"completed_units\":-1}", "completed_units"},
};

START_TEST(names_the_field_at_fault)
{
    int r = parameters_read(cases[_i].method, cases[_i].json, CODEC_STRICT, NULL);

    if (!cases[_i].path) {
        ck_assert_msg(r == 0, "%s %s: %s", cases[_i].method, cases[_i].json, parameters_fault.text);
        return;
    }
    ck_assert_msg(r == 1, "%s %s", cases[_i].method, cases[_i].json);
    ck_assert_int_eq(parameters_fault.kind, FAULT_INVALID_PARAMETER);
    ck_assert_msg(strcmp(parameters_fault.text, cases[_i].path) == 0, "%s %s: %s", cases[_i].method,
                  cases[_i].json, parameters_fault.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec_faults");
    TCase *tcase = tcase_create("codec_faults");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, parameters_clear);
    tcase_add_loop_test(tcase, names_the_field_at_fault, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
