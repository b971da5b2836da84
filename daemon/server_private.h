/*
 * server_private: what the parts of the server share: server.c, which serves, server_open.c, which
 * makes and closes what it needs, and those that look after one thing each.
 */
#pragma once

#include "attachments.h"
#include "backup_task.h"
#include "denials.h"
#include "listener.h"
#include "manager.h"
#include "metrics_file.h"
#include "op_call.h"
#include "remover.h"
#include "room.h"
#include "server.h"
#include "session.h"
#include "slack.h"
#include "watcher.h"

/* Descriptors that are not for connections. */
enum {
    SERVER_SPARE_FDS = 128,  /* the database and its readers, lingering peers, the loop */
    SERVER_PROCESS_FDS = 64, /* at least, for the processes of attached runs */
};

struct server {
    struct config *config;
    const struct config_choices *choices; /* what a reload starts from */
    struct loop *loop;
    struct wake *wake;
    struct turn_watch *turns;
    struct ticker *ticker;
    struct ticker *beat_ticker;
    struct ticker *watchdog_ticker; /* NULL: the service manager wants none */
    struct manager manager;
    struct signal_watch *signals[3];
    struct network *network;
    struct reads reads;
    struct slack slack;
    struct listener *listener;
    struct service service;
    struct denials denials;
    struct metrics_file metrics;
    struct accounts accounts;
    struct watch_hub watches;
    struct list watch_jobs; /* of the store, back and not looked at yet */
    struct attachments attachments;
    int64_t processes;       /* watched */
    int64_t processes_limit; /* of descriptors for them */
    int load_result;         /* of the attachments an earlier daemon left */
    struct remover remover;
    struct alarm_clock *remover_clock;
    struct room room;
    struct removal_task pass; /* the one that nobody called for */
    int64_t next_pass;        /* loop_now() */
    bool serving;             /* opened all it needs to */
    int64_t stop_since;
    bool wal_alarmed;
    int64_t job_failures;              /* logged */
    char refused[RELOAD_PROBLEM_SIZE]; /* what is wrong with the newest configuration; or empty */
    int status;
};

/* Ends with `status`; once all that is under way is answered. */
void server_stop(struct server *server, int status, const char *why);
void server_signal(int signal, void *data);
void server_woken(void *data);
void server_turn_ends(void *data);
void server_accepted(int fd, void *data);
void server_tick(void *data);
void server_beat(void *data);
void server_vouch(void *data);

/* Once a second: begins a pass of retention when it is time. */
void server_retain(struct server *server);
void server_remover_rings(void *data);
void server_remover_wait(void *data, int64_t milliseconds);

/* How many connections the system grants; takes all descriptors it does. */
int64_t server_connections(int64_t wanted);
/* Settings as the configuration has them. NULL when out of memory. */
struct settings *server_settings(const struct config *config);

/* Where the loop's thread looks after attached runs. */
void server_attach_tick(struct server *server);
/* In their order; each 0 or an exit status that was logged. */
int server_open_loop(struct server *server);
int server_open_store(struct server *server);
int server_open_attachments(struct server *server);
int server_open_listener(struct server *server);
/* Closes what was opened. Returns 0, or STORE_FAILED when the disk failed at the end. */
int server_close(struct server *server);
