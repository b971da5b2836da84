#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "listener.h"
#include "log.h"
#include "op.h"
#include "session.h"
#include "watcher.h"

enum {
    SERVER_TICK_MS = 1000,
    SERVER_STOP_TICK_MS = 50,
    SERVER_STOP_GRACE_MS = 200,  /* calls already sent are still read and answered */
    SERVER_STOP_LIMIT_MS = 3000, /* peers that have not taken their answers by then are cut off */
    SERVER_SPARE_FDS = 128,      /* the database and its readers, lingering peers, the loop */
    SERVER_INPUT_BYTES = 256 << 20,
    SERVER_OUTPUT_BYTES = 64 << 20,
    SERVER_WAL_ALARM = 64 << 20,
};

struct server {
    const struct config *config;
    struct loop *loop;
    struct wake *wake;
    struct turn_watch *turns;
    struct ticker *ticker;
    struct ticker *stop_ticker;
    struct signal_watch *signals[3];
    struct network *network;
    struct reads reads;
    struct listener *listener;
    struct service service;
    struct watch_hub watches;
    int64_t stop_since;
    bool wal_alarmed;
    int64_t job_failures; /* logged */
    int status;
};

/* --- stopping ------------------------------------------------------------------------------- */

static void server_stop_connection(struct connection *connection, void *data)
{
    (void)data;
    session_stop(connection);
}

static void server_cut_connection(struct connection *connection, void *data)
{
    const bool *cut_all = data;

    if (*cut_all || session_idle(connection))
        connection_close(connection);
}

static void server_stop_tick(void *data)
{
    struct server *server = data;
    int64_t passed = loop_now(server->loop) - server->stop_since;
    bool cut_all = passed >= SERVER_STOP_LIMIT_MS;

    if (!server->service.stopping || passed < SERVER_STOP_GRACE_MS)
        return;
    network_for_each(server->network, server_cut_connection, &cut_all);
    if (network_connections(server->network) == 0 && server->service.connections == 0)
        loop_stop(server->loop);
}

static void server_stop(struct server *server, int status)
{
    if (status != SERVER_OK)
        server->status = status;
    if (server->service.stopping)
        return;
    server->service.stopping = true;
    server->stop_since = loop_now(server->loop);
    listener_close(server->listener);
    server->listener = NULL;
    store_hurry(server->service.store);
    network_for_each(server->network, server_stop_connection, NULL);
}

static void server_signal(int signal, void *data)
{
    struct server *server = data;

    if (signal == SIGHUP) {
        log_info("SIGHUP: the configuration is read at start only; restart to change it");
        return;
    }
    log_info("%s: stopping", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    server_stop(server, SERVER_OK);
}

/* --- serving -------------------------------------------------------------------------------- */

static void server_woken(void *data)
{
    struct server *server = data;
    struct store_state state;
    struct list done, calls, watchers;

    list_init(&done);
    list_init(&calls);
    list_init(&watchers);
    store_take_done(server->service.store, &done);
    for (struct list *node = list_pop(&done); node; node = list_pop(&done)) {
        struct store_job *job = container_of(node, struct store_job, node);

        list_push(watch_hub_owns_job(job) ? &watchers : &calls, node);
    }
    sessions_jobs_done(&calls);
    for (struct list *node = list_pop(&watchers); node; node = list_pop(&watchers))
        watch_hub_job_done(&server->watches, container_of(node, struct store_job, node));
    store_state(server->service.store, &state);
    if (state.job_failures != server->job_failures)
        log_error("the database could not be read: %s", state.job_failure);
    server->job_failures = state.job_failures;
    if (state.failed && server->status == SERVER_OK) {
        log_error("the database failed and will not be written again: %s; restart when the cause "
                  "is mended",
                  state.failure);
        server_stop(server, SERVER_FAILED);
    }
    watch_hub_committed(&server->watches);
}

/* What one turn of the loop brought is written in one transaction. */
static void server_turn_ends(void *data)
{
    struct server *server = data;

    store_submit_all(server->service.store, &server->service.writes);
}

static void server_accepted(int fd, void *data)
{
    struct server *server = data;
    struct connection *connection;

    if (connection_open(server->network, fd, &connection) < 0)
        return;
    if ((int64_t)network_connections(server->network) > server->service.connections_limit) {
        log_peer("refused a connection: %lld are open, the limit",
                 (long long)server->service.connections_limit);
        session_refuse(&server->service, connection);
    } else if (session_open(&server->service, &server->reads, connection) < 0) {
        connection_close(connection);
    }
}

static void server_look_after(struct connection *connection, void *data)
{
    (void)data;
    session_look_after(connection);
}

static void server_tick(void *data)
{
    struct server *server = data;
    int64_t database, wal;

    network_for_each(server->network, server_look_after, NULL);
    reads_pump(&server->reads);
    if (!server->service.stopping && !store_file_is_ours(server->service.store)) {
        log_error("the database %s was removed or replaced while in use; stopping",
                  server->config->database);
        server_stop(server, SERVER_FAILED);
    }
    store_sizes(server->service.store, &database, &wal);
    if (wal > SERVER_WAL_ALARM && !server->wal_alarmed)
        log_warning("the write-ahead log has grown to %lld bytes: another process keeps a read "
                    "transaction open on the database, or the disk is too slow",
                    (long long)wal);
    server->wal_alarmed = wal > SERVER_WAL_ALARM;
}

/* --- starting ------------------------------------------------------------------------------- */

/* Takes all descriptors the system grants, and keeps the connections below that. */
static int64_t server_connections(int64_t wanted)
{
    struct rlimit files;
    int64_t room;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return wanted;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    room = files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur - SERVER_SPARE_FDS;
    if (room >= wanted)
        return wanted;
    if (room < 1)
        room = 1;
    log_warning("RLIMIT_NOFILE allows for %lld connections, not for the %lld configured",
                (long long)room, (long long)wanted);
    return room;
}

static int server_open_loop(struct server *server)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    const struct config *config = server->config;
    const struct network_options options = {
        .message_bytes = config->limits.message,
        .message_ms = config->message_ms,
        .send_ms = config->send_ms,
        .input_bytes = SERVER_INPUT_BYTES,
        .output_bytes = SERVER_OUTPUT_BYTES,
        .handlers = session_handlers,
    };
    int r;

    r = loop_new(&server->loop);
    if (r == 0)
        r = wake_new(server->loop, server_woken, server, &server->wake);
    if (r == 0)
        r = turn_watch_new(server->loop, server_turn_ends, server, &server->turns);
    if (r == 0)
        r = network_new(server->loop, &options, &server->network);
    for (size_t i = 0; r == 0 && i < sizeof(signals) / sizeof(signals[0]); i++)
        r = signal_watch_new(server->loop, signals[i], server_signal, server, &server->signals[i]);
    if (r == 0)
        r = ticker_new(server->loop, SERVER_TICK_MS, server_tick, server, &server->ticker);
    if (r == 0)
        r = ticker_new(server->loop, SERVER_STOP_TICK_MS, server_stop_tick, server,
                       &server->stop_ticker);
    if (r < 0)
        log_error("cannot start the event loop: %s", strerror(-r));
    return r;
}

static void server_wake(void *data)
{
    wake_send(data);
}

static int server_open_store(struct server *server)
{
    const struct config *config = server->config;
    const struct store_options options = {
        .path = config->database,
        .version = HISTORYD_VERSION,
        .synchronous = config->normal_sync ? STORE_SYNC_NORMAL : STORE_SYNC_FULL,
        .readers = (int)config->readers,
        .cache_kib = config->cache_kib,
        .checkpoint_pages = config->checkpoint_pages,
        .journal_bytes = config->journal_kib * 1024,
        .wake = server_wake,
        .wake_data = server->wake,
    };
    struct store_problem problem;

    if (store_open(&options, &server->service.store, &problem) < 0) {
        log_error("%s", problem.message);
        return problem.refused ? SERVER_REFUSED : SERVER_FAILED;
    }
    return 0;
}

static int server_open_listener(struct server *server)
{
    const struct config *config = server->config;
    struct listener_problem problem;
    int inherited = listener_inherited(&problem);
    int fd = inherited, r;

    if (inherited == -1)
        fd = listener_bind(config->socket, (unsigned int)config->socket_mode, &problem);
    if (fd < 0) {
        log_error("%s", problem.message);
        return SERVER_FAILED;
    }
    r = listener_open(server->loop, fd, inherited < 0 ? config->socket : NULL, server_accepted,
                      server, &server->listener);
    if (r < 0) {
        log_error("cannot listen: %s", strerror(-r));
        return SERVER_FAILED;
    }
    log_info("historyd %s serves %s on %s", HISTORYD_VERSION, config->database,
             inherited < 0 ? config->socket : "the socket it was started with");
    return 0;
}

static void server_close(struct server *server)
{
    listener_close(server->listener);
    ticker_close(server->ticker);
    ticker_close(server->stop_ticker);
    store_close(server->service.store);
    for (size_t i = 0; i < 3; i++)
        signal_watch_close(server->signals[i]);
    network_free(server->network);
    turn_watch_close(server->turns);
    wake_close(server->wake);
    loop_free(server->loop);
}

int server_run(const struct config *config)
{
    struct server server = {
        .config = config,
        .service = {.limits = &config->limits,
                    .watches = &server.watches,
                    .calls_limit = config->calls,
                    .version = HISTORYD_VERSION,
                    .database = config->database},
    };
    int status;

    signal(SIGPIPE, SIG_IGN);
    list_init(&server.service.writes);
    reads_init(&server.reads, (int)config->readers);
    server.service.connections_limit = server_connections(config->connections);
    rfc3339_write(rfc3339_now(), server.service.started_at);
    status = server_open_loop(&server) < 0 ? SERVER_FAILED : 0;
    if (status == 0)
        status = server_open_store(&server);
    watch_hub_init(&server.watches, server.service.store);
    if (status == 0)
        status = server_open_listener(&server);
    if (status == 0) {
        loop_run(server.loop);
        status = server.status;
    }
    server_close(&server);
    if (status == 0)
        log_info("stopped");
    return status;
}
