/*
 * record-build: a complete client of historyd.
 *
 * It plays a small build of three units, one of which needs the other two, and shows every step of
 * an orchestrator's work with the library:
 *
 *   1. create a run together with its graph
 *   2. record events without waiting for the disk
 *   3. make sure that everything is on disk, and complete the run
 *   4. read the events back, a page at a time
 *   5. watch the run
 *
 *   cc record-build.c $(pkg-config --cflags --libs historyd) -o record-build
 *   ./record-build [SOCKET]
 *
 * Exit status: 0 done, 1 the daemon could not be reached or refused something, 2 wrong usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <historyd/historyd.h>

/* One place says what went wrong. Every call returns 0, a negative errno where no answer came, or
 * the positive code of the error the daemon answered with; the client has the words for all of
 * them. */
static int complain(struct hd_client *client, const char *what, int status)
{
    const struct hd_error *error = hd_client_error(client);

    fprintf(stderr, "record-build: %s: %s [%s]\n", what, error ? error->message : "no memory",
            hd_status_name(status));
    return status;
}

/* --- 1. a run and its graph ---------------------------------------------------------------------
 */

/* Parameters are plain structs: fill with zeros, set what you have. A number that may be left out
 * has a flag beside it. `run_id` gets the name the daemon gave; it is the key to everything else.
 */
static int create_run(struct hd_client *client, char *run_id, size_t size)
{
    const struct hd_node nodes[] = {
        {.id = "parser.o", .label = "compile the parser"},
        {.id = "main.o", .label = "compile main", .attributes = "{\"flags\":[\"-O2\"]}"},
        {.id = "tool", .label = "link"},
    };
    const struct hd_edge edges[] = {
        {.from = "parser.o", .to = "tool"}, /* `from` must be done before `to` */
        {.from = "main.o", .to = "tool"},
    };
    const struct hd_graph graph = {
        .nodes = nodes,
        .n_nodes = 3,
        .edges = edges,
        .n_edges = 2,
    };
    const struct hd_create_run_params params = {
        .repo_path = "/src/tool",
        .has_parallelism = true,
        .parallelism = 2,
        .has_total_units = true,
        .total_units = 3,
        .graph = &graph,
    };
    const struct hd_create_run_result *result;
    int r;

    r = hd_create_run(client, &params, &result);
    if (r != 0)
        return complain(client, "creating the run", r);
    snprintf(run_id, size, "%s", result->run.id);
    printf("run %s started at %s\n", run_id, result->run.started_at);
    hd_result_free(result); /* and all it points at */
    return 0;
}

/* --- 2. events ------------------------------------------------------------------------------- */

/* hd_recorder_add() takes about a microsecond and never waits for the daemon. When the daemon is
 * away for long the buffer gets full; then this program chooses to wait. Another may drop the event
 * instead. */
static int record(struct hd_recorder *recorder, const struct hd_new_event *event)
{
    int r;

    while ((r = hd_recorder_add(recorder, event, NULL)) == -ENOBUFS) {
        fprintf(stderr, "record-build: the daemon is slow or away, waiting\n");
        r = hd_recorder_flush(recorder, 10000);
        if (r != 0)
            break;
    }
    if (r == -EINVAL)
        fprintf(stderr, "record-build: event refused: %s\n", hd_recorder_add_error());
    else if (r != 0)
        fprintf(stderr, "record-build: recording: %s\n", hd_status_name(r));
    return r;
}

static int record_unit(struct hd_recorder *recorder, const char *unit, int64_t task)
{
    const struct hd_new_event started = {
        .type = "unit.started",
        .unit = unit,
        .has_task = true,
        .task = task,
    };
    const struct hd_new_event completed = {
        .type = "unit.completed",
        .unit = unit,
        .has_task = true,
        .task = task,
        .payload = "{\"exit_status\":0,\"seconds\":0.25}", /* any JSON object, kept exactly */
    };
    int r;

    r = record(recorder, &started);
    /* ... here an orchestrator would do the work ... */
    if (r == 0)
        r = record(recorder, &completed);
    return r;
}

static int record_build(const char *socket_path, const char *run_id)
{
    static const char *const units[] = {"parser.o", "main.o", "tool"};
    const struct hd_new_event started = {.type = "run.started"};
    const struct hd_new_event completed = {.type = "run.completed"};
    struct hd_recorder_options options = {
        .socket_path = socket_path, .run_id = run_id, /* a new run: its first event gets number 1 */
    };
    struct hd_recorder *recorder;
    struct hd_recorder_state state;
    int64_t acknowledged;
    size_t i;
    int r, closed;

    r = hd_recorder_open(&options, &recorder);
    if (r != 0) {
        fprintf(stderr, "record-build: no recorder: %s\n", hd_status_name(r));
        return r;
    }
    r = record(recorder, &started);
    for (i = 0; r == 0 && i < 3; i++)
        r = record_unit(recorder, units[i], (int64_t)i + 1);
    if (r == 0)
        r = record(recorder, &completed);

    /* 3. Closing waits until all is on the daemon's disk. If that fails, `acknowledged` says up to
     * where it is: an orchestrator with a journal of its own sends the rest again later, under the
     * same numbers, by a recorder opened with that as its last_seq. Nothing is stored twice. */
    hd_recorder_get_state(recorder, &state);
    closed = hd_recorder_close(recorder, 10000, &acknowledged);
    if (closed != 0)
        fprintf(stderr, "record-build: only %" PRId64 " of %" PRId64 " events are stored: %s\n",
                acknowledged, state.added_seq,
                state.message[0] ? state.message : hd_status_name(closed));
    return r ? r : closed;
}

static int complete_run(struct hd_client *client, const char *run_id)
{
    const struct hd_complete_run_params params = {
        .run_id = run_id,
        .status = "completed",
        .has_completed_units = true,
        .completed_units = 3,
    };
    int r;

    r = hd_complete_run(client, &params, NULL); /* the result may be left out */
    return r ? complain(client, "completing the run", r) : 0;
}

/* --- 4. reading ------------------------------------------------------------------------------ */

static void print_event(const struct hd_event *event)
{
    printf("%4" PRId64 "  %s  %-15s %s\n", event->seq, event->time, event->type,
           event->unit ? event->unit : "");
}

static int list_events(struct hd_client *client, const char *run_id)
{
    struct hd_list_events_params params = {
        .run_id = run_id,
        .has_after_seq = true,
        .after_seq = 0,
        .has_limit = true,
        .limit = 5, /* small, to show how pages follow each other */
    };
    const struct hd_list_events_result *page;
    bool more;
    size_t i;
    int r;

    do {
        r = hd_list_events(client, &params, &page);
        if (r != 0)
            return complain(client, "listing the events", r);
        for (i = 0; i < page->n_events; i++) {
            print_event(&page->events[i]);
            params.after_seq = page->events[i].seq;
        }
        more = page->has_more;
        hd_result_free(page);
    } while (more);
    return 0;
}

/* --- 5. watching ----------------------------------------------------------------------------- */

/* Called for each answer of the stream: what is stored first, then `ready` once, then what happens.
 * The run's row comes before `ready` and whenever it changes. Anything but 0 ends the stream. */
static int on_watch(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    const struct hd_watch_result *news = reply->result;
    size_t *seen = userdata;

    (void)client;
    if (reply->status != 0)
        return 0; /* hd_watch() returns it, too */
    *seen += news->n_events;
    return news->run && news->run->completed_at;
}

static int watch(struct hd_client *client, const char *run_id)
{
    const struct hd_watch_params params = {
        .run_id = run_id,
        .has_after_seq = true,
        .after_seq = 0,
    };
    size_t seen = 0;
    int r;

    r = hd_watch(client, &params, on_watch, &seen);
    if (r != 0)
        return complain(client, "watching the run", r);
    printf("watched %zu events until the run was completed\n", seen);
    return 0;
}

int main(int argc, char **argv)
{
    const char *socket_path = argc > 1 ? argv[1] : NULL; /* NULL: the default places */
    struct hd_client *client;
    char run_id[129];
    int r;

    if (argc > 2) {
        fprintf(stderr, "usage: %s [SOCKET]\n", argv[0]);
        return 2;
    }
    r = hd_client_new(socket_path, &client);
    if (r != 0) {
        fprintf(stderr, "record-build: %s: %s\n", socket_path ? socket_path : "client",
                hd_status_name(r));
        return 1;
    }
    r = create_run(client, run_id, sizeof(run_id));
    if (r == 0)
        r = record_build(socket_path, run_id);
    if (r == 0)
        r = complete_run(client, run_id);
    if (r == 0)
        r = list_events(client, run_id);
    if (r == 0)
        r = watch(client, run_id);
    hd_client_free(client);
    return r == 0 ? 0 : 1;
}
