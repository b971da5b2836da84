#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "access.h"
#include "log.h"
#include "server_private.h"

enum {
    SERVER_TICK_MS = 1000,
    SERVER_BEAT_MS = 50,
    SERVER_INPUT_BYTES = 256 << 20,
    SERVER_OUTPUT_BYTES = 64 << 20,
};

/* Takes all descriptors the system grants, and keeps the connections below that. */
int64_t server_connections(int64_t wanted)
{
    struct rlimit files;
    int64_t room;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return wanted;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    room = files.rlim_cur > INT32_MAX
               ? INT32_MAX
               : (int64_t)files.rlim_cur - SERVER_SPARE_FDS - SERVER_PROCESS_FDS;
    if (room >= wanted)
        return wanted;
    if (room < 1)
        room = 1;
    log_warning("RLIMIT_NOFILE allows for %lld connections, not for the %lld configured",
                (long long)room, (long long)wanted);
    return room;
}

struct settings *server_settings(const struct config *config)
{
    enum redact_mode mode = (enum redact_mode)config->redaction_mode;
    const char *const names[ROLES] = {
        [ROLE_READ] = config->access_read,
        [ROLE_RECORD] = config->access_record,
        [ROLE_ADMINISTER] = config->access_administer,
    };
    struct settings settings = {
        .limits = config->limits,
        .connections = server_connections(config->connections),
        .calls = config->calls,
        .quotas = config->quotas,
        .retention = config->retention,
        .backup_folder = config->backup_folder,
        .redaction = redaction_new(mode == REDACT_OFF ? REDACT_SECRETS : mode,
                                   config->redaction_keys, config->redaction_allow),
        .redacts = mode != REDACT_OFF,
    };
    struct settings *made;

    if (settings.redaction && access_new(names, &settings.access) == 0) {
        made = settings_new(&settings);
        if (made)
            return made;
    }
    access_free(settings.access);
    redaction_free(settings.redaction);
    return NULL;
}

int server_open_loop(struct server *server)
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

    server->service.settings = server_settings(config);
    r = server->service.settings ? loop_new(&server->loop) : -ENOMEM;
    if (r == 0)
        r = wake_new(server->loop, server_woken, server, &server->wake);
    if (r == 0)
        r = metrics_file_open(&server->metrics, server->loop);
    if (r == 0)
        r = turn_watch_new(server->loop, server_turn_ends, server, &server->turns);
    if (r == 0)
        r = network_new(server->loop, &options, &server->network);
    for (size_t i = 0; r == 0 && i < sizeof(signals) / sizeof(signals[0]); i++)
        r = signal_watch_new(server->loop, signals[i], server_signal, server, &server->signals[i]);
    if (r == 0)
        r = ticker_new(server->loop, SERVER_TICK_MS, server_tick, server, &server->ticker);
    if (r == 0)
        r = ticker_new(server->loop, SERVER_BEAT_MS, server_beat, server, &server->beat_ticker);
    if (r == 0)
        r = alarm_clock_new(server->loop, server_remover_rings, server, &server->remover_clock);
    if (r == 0 && manager_watchdog_ms(&server->manager) > 0)
        r = ticker_new(server->loop, manager_watchdog_ms(&server->manager), server_vouch, server,
                       &server->watchdog_ticker);
    if (r < 0)
        log_error("cannot start the event loop: %s", strerror(-r));
    return r;
}

static void server_wake(void *data)
{
    wake_send(data);
}

int server_open_store(struct server *server)
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

int server_open_listener(struct server *server)
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

int server_close(struct server *server)
{
    int r;

    listener_close(server->listener);
    ticker_close(server->ticker);
    ticker_close(server->beat_ticker);
    ticker_close(server->watchdog_ticker);
    alarm_clock_close(server->remover_clock);
    r = store_close(server->service.store);
    attachments_clear(&server->attachments);
    for (size_t i = 0; i < 3; i++)
        signal_watch_close(server->signals[i]);
    network_free(server->network);
    metrics_file_close(&server->metrics);
    turn_watch_close(server->turns);
    wake_close(server->wake);
    loop_free(server->loop);
    accounts_clear(&server->accounts);
    settings_leave(server->service.settings);
    redact_work_clear(&server->service.redact);
    manager_close(&server->manager);
    return r;
}
