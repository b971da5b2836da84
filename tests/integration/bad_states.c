/* Calls that are well formed but don't fit what is stored: not found, conflicts, graph faults. */
#include "bad_input.h"

#define RUN_NOT_FOUND(text) REFUSED(text, "RunNotFound", "{'run_id':'none'}")
#define RUN_CONFLICT(text, run, field)                                                             \
    REFUSED(text, "RunConflict", "{'run_id':'" run "','field':'" field "'}")
#define SEQUENCE_CONFLICT(events, seq)                                                             \
    REFUSED(APPEND_EVENTS(events), "SequenceConflict", "{'run_id':'r','seq':" seq "}")
#define INVALID_GRAPH(nodes, edges, name)                                                          \
    REFUSED(PUT_GRAPH(nodes, edges), "InvalidGraph", "{'node':'" name "'}")
#define INVALID_TRANSITION(text, run, before, after)                                               \
    REFUSED(text, "InvalidTransition", "{'run_id':'" run "','from':'" before "','to':'" after "'}")

const struct bad_input bad_states[] = {
    RUN_NOT_FOUND(HISTORY_CALL("GetRun", "{'run_id':'none'}")),
    RUN_NOT_FOUND(HISTORY_CALL("AppendEvents", "{'run_id':'none','events':[{'type':'a'}]}")),
    RUN_NOT_FOUND(HISTORY_CALL("UpdateRun", "{'run_id':'none','total_units':1}")),
    RUN_NOT_FOUND(HISTORY_CALL("CompleteRun", "{'run_id':'none','status':'completed'}")),
    RUN_NOT_FOUND(HISTORY_CALL("StopRun", "{'run_id':'none'}")),
    RUN_NOT_FOUND(HISTORY_CALL("ResumeRun", "{'run_id':'none'}")),
    RUN_NOT_FOUND(HISTORY_CALL("GetGraph", "{'run_id':'none'}")),
    RUN_NOT_FOUND(HISTORY_CALL("PutGraph", "{'run_id':'none','graph':{'nodes':[],'edges':[]}}")),
    RUN_NOT_FOUND(HISTORY_CALL("ListEvents", "{'run_id':'none'}")),
    RUN_NOT_FOUND(HISTORY_STREAM("Watch", "{'run_id':'none'}")),
    REFUSED(HISTORY_CALL("GetGraph", "{'run_id':'r'}"), "GraphNotFound", "{'run_id':'r'}"),
    /* conflicts */
    RUN_CONFLICT(HISTORY_CALL("CreateRun", "{'id':'r','repo_path':'/other'}"), "r", "repo_path"),
    RUN_CONFLICT(HISTORY_CALL("CreateRun", "{'id':'r','repo_path':'/r','parallelism':3}"), "r",
                 "parallelism"),
    RUN_CONFLICT(HISTORY_CALL("CreateRun", "{'id':'r','repo_path':'/r','dry_run':true}"), "r",
                 "dry_run"),
    RUN_CONFLICT(HISTORY_CALL("CreateRun", "{'id':'r','repo_path':'/r','tasks_dir':'/t'}"), "r",
                 "tasks_dir"),
    RUN_CONFLICT(HISTORY_CALL("CreateRun",
                              "{'id':'r','repo_path':'/r','started_at':'2026-01-20T00:00:01Z'}"),
                 "r", "started_at"),
    RUN_CONFLICT(HISTORY_CALL("CompleteRun", "{'run_id':'done','status':'failed'}"), "done",
                 "status"),
    RUN_CONFLICT(
        HISTORY_CALL("CompleteRun", "{'run_id':'done','status':'completed','completed_units':2}"),
        "done", "completed_units"),
    RUN_CONFLICT(HISTORY_CALL("CompleteRun", "{'run_id':'done','status':'completed','error':'oh'}"),
                 "done", "error"),
    SEQUENCE_CONFLICT("[{'seq':2,'type':'other'}]", "2"),
    SEQUENCE_CONFLICT("[{'seq':2,'type':'unit.started','unit':'v'}]", "2"),
    SEQUENCE_CONFLICT("[{'seq':2,'type':'unit.started'}]", "2"),
    SEQUENCE_CONFLICT("[{'seq':2,'type':'unit.started','unit':'u','task':1}]", "2"),
    SEQUENCE_CONFLICT("[{'seq':3,'type':'unit.completed','unit':'u','payload':{'n':1.0}}]", "3"),
    SEQUENCE_CONFLICT("[{'seq':2,'type':'unit.started','unit':'u','time':'2026-01-20T00:00:09Z'}]",
                      "2"),
    SEQUENCE_CONFLICT("[{'seq':9,'type':'a'},{'seq':2,'type':'b'}]", "2"),
    SEQUENCE_CONFLICT("[{'seq':9,'type':'a'},{'seq':9,'type':'b'}]", "9"),
    /* transitions */
    INVALID_TRANSITION(HISTORY_CALL("StopRun", "{'run_id':'done'}"), "done", "completed",
                       "stopped"),
    INVALID_TRANSITION(HISTORY_CALL("StopRun", "{'run_id':'broken'}"), "broken", "failed",
                       "stopped"),
    INVALID_TRANSITION(HISTORY_CALL("ResumeRun", "{'run_id':'done'}"), "done", "completed",
                       "running"),
    /* graphs */
    INVALID_GRAPH("{'id':'a'},{'id':'b'},{'id':'a'}", "", "a"),
    INVALID_GRAPH("{'id':'a'}", "{'from':'a','to':'a'}", "a"),
    INVALID_GRAPH("{'id':'a'}", "{'from':'a','to':'x'}", "x"),
    INVALID_GRAPH("{'id':'a'}", "{'from':'x','to':'a'}", "x"),
    REFUSED(PUT_GRAPH("{'id':'a'},{'id':'b'}", "{'from':'a','to':'b'},{'from':'b','to':'a'}"),
            "InvalidGraph", NULL),
    REFUSED(PUT_GRAPH("{'id':'a'},{'id':'b'}", "{'from':'a','to':'b'},{'from':'a','to':'b'}"),
            "InvalidGraph", NULL),
    REFUSED(PUT_GRAPH("{'id':'a'},{'id':'b'},{'id':'c'},{'id':'d'}",
                      "{'from':'a','to':'b'},{'from':'b','to':'c'},{'from':'c','to':'d'},"
                      "{'from':'d','to':'b'}"),
            "InvalidGraph", NULL),
    INVALID_GRAPH("{'id':'a','level':0},{'id':'b'}", "", "b"),
    REFUSED(PUT_GRAPH("{'id':'a','level':1},{'id':'b','level':1}", "{'from':'a','to':'b'}"),
            "InvalidGraph", NULL),
    REFUSED(HISTORY_CALL("CreateRun", "{'id':'new','repo_path':'/x','graph':{'nodes':[{'id':'a'}],"
                                      "'edges':[{'from':'a','to':'a'}]}}"),
            "InvalidGraph", "{'node':'a'}"),
    INVALID(PUT_GRAPH("{'id':'a','level':-1}", ""), "graph.nodes[0].level"),
    INVALID(PUT_GRAPH("{'id':'a','level':'0'}", ""), "graph.nodes[0].level"),
    INVALID(PUT_GRAPH("{'id':'a','attributes':[]}", ""), "graph.nodes[0].attributes"),
    INVALID(PUT_GRAPH("{'id':'a','colour':'red'}", ""), "graph.nodes[0].colour"),
    INVALID(PUT_GRAPH("{'id':'a'}", "{'from':'a'}"), "graph.edges[0].to"),
    INVALID(PUT_GRAPH("{'id':'a'}", "{'from':'a','to':17}"), "graph.edges[0].to"),
    INVALID(HISTORY_CALL("PutGraph", "{'run_id':'r'}"), "graph"),
};
const size_t n_bad_states = sizeof(bad_states) / sizeof(*bad_states);
