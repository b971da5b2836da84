#include "fault_load.h"

#define FILLER    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILLER_8  FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER
#define LONG_TEXT FILLER_8 FILLER_8 FILLER_8 FILLER_8 FILLER_8 FILLER_8 FILLER_8 FILLER_8
#define RUN_A     "{'id':'a','repo_path':'/r'}"
#define RUN_B     "{'id':'b','repo_path':'/r','attached':true}"
#define RUN_C     "{'id':'c','repo_path':'/r','started_at':'2020-01-01T00:00:00Z'}"
#define EVENTS_A                                                                                   \
    "{'run_id':'a','events':[{'seq':1,'type':'run.started'},"                                      \
    "{'seq':2,'type':'unit.started','unit':'u'},{'seq':3,'type':'unit.completed','unit':'u'}]}"
#define GRAPH_A                                                                                    \
    "{'run_id':'a','graph':{'nodes':[{'id':'x','attributes':{'n':1}},{'id':'y'}],"                 \
    "'edges':[{'from':'x','to':'y'}]}}"

const char fault_backup[] = "kept.db";

const char fault_config[] = "[store]\ncheckpoint_pages = 100\n[retention]\ndays = 30\n";

/* Whole, nothing, or 2: a part. */
#define EVENTS_WHOLE(run, first, last)                                                             \
    "SELECT CASE count(*) WHEN 0 THEN 0 WHEN " #last " - " #first " + 1 THEN 1 ELSE 2 END "        \
    "FROM events WHERE run_id = '" run "' AND seq BETWEEN " #first " AND " #last

const struct fault_step fault_steps[] = {
    {.method = "history.CreateRun",
     .parameters = RUN_A,
     .effect = "SELECT count(*) FROM runs WHERE id = 'a'"},
    {.method = "history.AppendEvents",
     .parameters = EVENTS_A,
     .effect = EVENTS_WHOLE("a", 1, 3),
     .needs = RUN_A},
    {.method = "history.AppendEvents",
     .parameters = "{'run_id':'a','events':[{'seq':4,'type':'t','payload':{'k':'" LONG_TEXT "'}},"
                   "{'seq':5,'type':'t','payload':{'l':[1,2.5,'x']}},"
                   "{'seq':6,'type':'t','error':'" LONG_TEXT "'}]}",
     .effect = EVENTS_WHOLE("a", 4, 6),
     .needs = RUN_A},
    {.method = "history.PutGraph",
     .parameters = GRAPH_A,
     .effect = "SELECT count(*) FROM graphs WHERE run_id = 'a'",
     .needs = RUN_A},
    {.method = "history.CreateRun",
     .parameters = RUN_B,
     .effect = "SELECT count(*) FROM runs WHERE id = 'b'"},
    {.method = "history.StopRun",
     .parameters = "{'run_id':'b'}",
     .effect = "SELECT count(*) FROM events JOIN runs ON runs.id = run_id WHERE run_id = 'b' "
               "AND status = 'stopped' AND payload LIKE '%user_interrupt%'",
     .needs = RUN_B,
     .gives_back = true},
    {.method = "history.ListRuns",
     .parameters = "{'count':true}",
     .expects = "\"id\":\"a\"",
     .needs = RUN_A},
    {.method = "history.ListEvents",
     .parameters = "{'run_id':'a','type':'unit'}",
     .expects = "\"seq\":2",
     .needs = EVENTS_A,
     .errors = "RunNotFound"},
    {.method = "history.GetGraph",
     .parameters = "{'run_id':'a'}",
     .expects = "\"to\":\"y\"",
     .needs = GRAPH_A,
     .errors = "RunNotFound|GraphNotFound"},
    {.method = "history.Watch",
     .parameters = "{'run_id':'a','after_seq':0}",
     .until = "\"ready\":true",
     .expects = "\"seq\":3",
     .needs = EVENTS_A,
     .errors = "RunNotFound"},
    {.method = "history.CompleteRun",
     .parameters = "{'run_id':'a','status':'completed','completed_units':1}",
     .effect = "SELECT count(*) FROM runs WHERE id = 'a' AND status = 'completed'",
     .needs = RUN_A},
    {.method = "history.CreateRun",
     .parameters = RUN_C,
     .effect = "SELECT count(*) FROM runs WHERE id = 'c'",
     .passing = true},
    {.method = "history.AppendEvents",
     .parameters = "{'run_id':'c','events':[{'seq':1,'type':'t'},{'seq':2,'type':'t'}]}",
     .effect = EVENTS_WHOLE("c", 1, 2),
     .needs = RUN_C,
     .passing = true},
    {.method = "history.CompleteRun",
     .parameters = "{'run_id':'c','status':'failed','error':'e','completed_at':"
                   "'2020-01-02T00:00:00Z'}",
     .effect = "SELECT count(*) FROM runs WHERE id = 'c' AND status = 'failed'",
     .needs = RUN_C,
     .passing = true},
    {.method = "admin.ApplyRetention",
     .parameters = "{}",
     /* Of one that still runs nothing goes: its end may have found no room. */
     .effect = "SELECT count(*) = 0 FROM runs WHERE id = 'c' AND status = 'failed'",
     .errors = "InProgress",
     .loose = true},
    {.method = "admin.Backup", .parameters = "{'name':'kept.db'}", .errors = "InProgress"},
    {.method = "admin.Reload", .parameters = "{}", .errors = "InvalidParameter"},
    {.method = "history.PinRun", .parameters = "{'run_id':'a','pinned':true}", .needs = RUN_A},
    {.method = "admin.Checkpoint", .parameters = "{}"},
    {.method = "history.GetStatus", .parameters = "{}", .expects = "\"limits\""},
    /* Not that all is well: a page that can't be read is what it has to tell. */
    {.method = "admin.CheckIntegrity", .parameters = "{}", .expects = "\"ok\":"},
    {.method = "history.AppendEvents",
     .parameters = "{'run_id':'a','events':[{'seq':100,'type':'pr.merged','pr':7}]}",
     .effect = EVENTS_WHOLE("a", 100, 100),
     .needs = RUN_A},
};

const int fault_n_steps = sizeof(fault_steps) / sizeof(fault_steps[0]);
_Static_assert(sizeof(fault_steps) / sizeof(fault_steps[0]) <= FAULT_STEPS_MOST, "room for all");
