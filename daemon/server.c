#include <signal.h>
#include <stdio.h>

#include "log.h"
#include "server_private.h"

enum {
    SERVER_STOP_GRACE_MS = 200,  /* calls already sent are still read and answered */
    SERVER_STOP_LIMIT_MS = 3000, /* peers that have not taken their answers by then are cut off */
    SERVER_WAL_ALARM = 64 << 20,
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

static void server_stop_further(struct server *server)
{
    int64_t passed = loop_now(server->loop) - server->stop_since;
    bool cut_all = passed >= SERVER_STOP_LIMIT_MS;

    if (!server->service.stopping || passed < SERVER_STOP_GRACE_MS)
        return;
    network_for_each(server->network, server_cut_connection, &cut_all);
    if (network_connections(server->network) == 0 && server->service.connections == 0)
        loop_stop(server->loop);
}

void server_beat(void *data)
{
    struct server *server = data;

    sessions_beat(&server->accounts);
    server_stop_further(server);
}

void server_stop(struct server *server, int status, const char *why)
{
    if (status != SERVER_OK)
        server->status = status;
    if (server->service.stopping)
        return;
    manager_stopping(&server->manager, why);
    server->service.stopping = true;
    server->stop_since = loop_now(server->loop);
    listener_close(server->listener);
    server->listener = NULL;
    store_hurry(server->service.store);
    remover_stop(&server->remover);
    network_for_each(server->network, server_stop_connection, NULL);
}

/* --- what the service manager shows ---------------------------------------------------------- */

/* A configuration that was refused is said until one is accepted: the daemon does not do what its
 * files say. */
static void server_words(struct server *server, char ret_words[static MANAGER_STATUS_SIZE])
{
    struct store_state state;

    store_state(server->service.store, &state);
    if (server->service.writer.mood == WRITER_STUCK) {
        snprintf(ret_words, MANAGER_STATUS_SIZE,
                 "The writer is stuck: it has not got on for %lld s, %zu jobs wait",
                 (long long)(server->service.writer.busy_ms / 1000), state.jobs_waiting);
        return;
    }
    if (state.full) {
        snprintf(ret_words, MANAGER_STATUS_SIZE,
                 "The disk is full: writes are refused until there is room");
        return;
    }
    snprintf(ret_words, MANAGER_STATUS_SIZE,
             "Serving: %lld runs running, %lld events appended, %zu connections%s%s",
             (long long)state.runs_running, (long long)state.events_appended,
             network_connections(server->network),
             server->refused[0] ? "; the new configuration is refused, the old one stays: " : "",
             server->refused);
}

static void server_ready(struct server *server)
{
    char words[MANAGER_STATUS_SIZE];

    server_words(server, words);
    manager_ready(&server->manager, words);
}

static void server_report(struct server *server)
{
    char words[MANAGER_STATUS_SIZE];

    server_words(server, words);
    manager_status(&server->manager, loop_now(server->loop), words);
}

/* --- reloading ------------------------------------------------------------------------------ */

static void server_reload_connection(struct connection *connection, void *data)
{
    (void)data;
    session_reloaded(connection);
}

static int server_read_settings(struct server *server)
{
    struct service *service = &server->service;
    struct settings *settings = NULL;
    struct config_problem problem = {.message = "out of memory"};
    char kept[CONFIG_KEPT_SIZE];
    struct config fresh;

    if (config_load(&fresh, server->choices, &problem) == 0 &&
        config_default_backups(&fresh, server->config->database, &problem) == 0)
        settings = server_settings(&fresh);
    if (!settings) {
        snprintf(server->refused, sizeof(server->refused), "%s", problem.message);
        log_error("the configuration stays as it was: %s", problem.message);
        config_clear(&fresh);
        return -1;
    }
    config_adopt(server->config, &fresh, kept);
    config_clear(&fresh);
    settings_leave(service->settings);
    service->settings = settings;
    server->refused[0] = '\0';
    network_limit(server->network, settings->limits.message, server->config->message_ms,
                  server->config->send_ms);
    network_for_each(server->network, server_reload_connection, NULL);
    log_info("the configuration was read again%s%s", kept[0] ? "; only a restart changes " : "",
             kept);
    return 0;
}

static int server_reload(struct service *service, char ret_problem[static RELOAD_PROBLEM_SIZE])
{
    struct server *server = container_of(service, struct server, service);
    int r;

    if (server->serving)
        manager_reloading(&server->manager);
    r = server_read_settings(server);
    if (server->serving)
        server_ready(server);
    if (r < 0)
        snprintf(ret_problem, RELOAD_PROBLEM_SIZE, "%s", server->refused);
    return r;
}

void server_signal(int signal, void *data)
{
    struct server *server = data;
    char problem[RELOAD_PROBLEM_SIZE];

    if (signal == SIGHUP) {
        if (!server->service.stopping)
            server_reload(&server->service, problem);
        return;
    }
    log_info("%s: stopping", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    server_stop(server, SERVER_OK, "Finishing the writes under way");
}

/* --- serving -------------------------------------------------------------------------------- */

/* What one turn of the loop brought is written in one transaction. */
void server_turn_ends(void *data)
{
    struct server *server = data;

    network_turn_ends(server->network);
    sessions_call_on(&server->accounts);
    store_submit_all(server->service.store, &server->service.writes);
}

static void server_refuse(struct server *server, struct connection *connection, int64_t limit,
                          const char *whose)
{
    struct peer_words words;

    peer_describe(connection_peer(connection), &words);
    log_peer(&words.about, "refused a connection of %s: %lld are open, the %s", words.who,
             (long long)limit, whose);
    session_refuse(&server->service, connection, limit);
}

void server_accepted(int fd, void *data)
{
    struct server *server = data;
    const struct settings *settings = server->service.settings;
    struct connection *connection;
    int r;

    if (connection_open(server->network, fd, &connection) < 0)
        return;
    if ((int64_t)network_connections(server->network) > settings->connections) {
        server_refuse(server, connection, settings->connections, "limit");
        return;
    }
    r = session_open(&server->service, &server->reads, connection);
    if (r == ACCOUNT_FULL) {
        counter_add(&server->service.measures.quota_connections_refused, 1);
        server_refuse(server, connection, settings->quotas.connections, "quota of one user");
    } else if (r < 0) {
        connection_close(connection);
    }
}

static void server_look_after(struct connection *connection, void *data)
{
    (void)data;
    session_look_after(connection);
}

/* What is only known by looking again and again. */
static void server_look(struct server *server)
{
    struct service *service = &server->service;
    struct writer_look *writer = &service->writer;
    bool was_stuck = writer->mood == WRITER_STUCK;
    int64_t now = metrics_now();
    struct store_state state;

    store_state(service->store, &state);
    pace_note(&service->pace, now / 1000000, state.events_appended);
    writer_look_at(writer, &state, now / 1000);
    if (writer->mood == WRITER_STUCK && !was_stuck)
        log_warning("the write thread has not got on for %lld ms, %zu jobs wait: another program "
                    "keeps the database locked, or the disk hangs",
                    (long long)writer->busy_ms, state.jobs_waiting);
    else if (was_stuck && writer->mood != WRITER_STUCK)
        log_info("the write thread gets on again");
    if (!service->stopping)
        room_look(&server->room, &state, service->database, loop_now(server->loop));
}

void server_vouch(void *data)
{
    struct server *server = data;
    struct store_state state;

    store_state(server->service.store, &state);
    manager_watchdog(&server->manager, state.writer_busy, state.writer_turns);
}

void server_tick(void *data)
{
    struct server *server = data;
    int64_t database, wal;
    const char *lost;

    network_for_each(server->network, server_look_after, NULL);
    reads_pump(&server->reads);
    sessions_forget(&server->accounts);
    lost = server->service.stopping ? NULL : store_lost_file(server->service.store);
    if (lost) {
        log_error("%s was removed or replaced while in use; stopping", lost);
        server_stop(server, SERVER_FAILED, "The database was removed or replaced while in use");
    }
    store_sizes(server->service.store, &database, &wal);
    if (wal > SERVER_WAL_ALARM && !server->wal_alarmed)
        log_warning("the write-ahead log has grown to %lld bytes: another process keeps a read "
                    "transaction open on the database, or the disk is too slow",
                    (long long)wal);
    server->wal_alarmed = wal > SERVER_WAL_ALARM;
    server_look(server);
    slack_look(&server->slack);
    /* The loop runs for the attachments, too, before anything is served. */
    if (!server->serving || server->service.stopping)
        return;
    server_attach_tick(server);
    metrics_file_tick(&server->metrics, &server->service, server->config->metrics_file,
                      loop_now(server->loop), server->config->metrics_interval_s * 1000);
    server_report(server);
    server_retain(server);
}

int server_run(struct config *config, const struct config_choices *choices)
{
    struct server server = {
        .config = config,
        .choices = choices,
        .service = {.watches = &server.watches,
                    .attachments = &server.attachments,
                    .remover = &server.remover,
                    .denials = &server.denials,
                    .accounts = &server.accounts,
                    .reload = server_reload,
                    .version = HISTORYD_VERSION,
                    .database = config->database},
    };
    int status;

    signal(SIGPIPE, SIG_IGN);
    /* A file that may not grow is a full disk: an error of the write, not the end. */
    signal(SIGXFSZ, SIG_IGN);
    list_init(&server.service.writes);
    list_init(&server.watch_jobs);
    accounts_init(&server.accounts);
    reads_init(&server.reads, (int)config->readers);
    server.service.started_us = rfc3339_now();
    rfc3339_write(server.service.started_us, server.service.started_at);
    manager_open(&server.manager);
    manager_starting(&server.manager, "Opening the database");
    status = server_open_loop(&server) < 0 ? SERVER_FAILED : 0;
    if (status == 0)
        status = server_open_store(&server);
    watch_hub_init(&server.watches, server.service.store);
    remover_init(&server.remover, server.service.store, server_remover_wait, &server);
    room_init(&server.room, server.service.store);
    if (status == 0)
        remover_resume(&server.remover);
    if (status == 0)
        status = server_open_attachments(&server);
    /* The loop ran for the attachments. What stops the daemon then closes no socket that is opened
     * only afterwards, and connections would outlive their network. */
    if (status == 0 && !server.service.stopping)
        status = server_open_listener(&server);
    if (status == 0) {
        if (!server.service.stopping) {
            server.serving = true;
            server_ready(&server);
        }
        loop_run(server.loop);
        status = server.status;
    }
    if (server_close(&server) < 0 && status == 0) {
        log_error("the disk failed while the database was closed; what was acknowledged is in its "
                  "log, which the next start settles");
        status = SERVER_FAILED;
    }
    if (status == 0)
        log_info("stopped");
    return status;
}
