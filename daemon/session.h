/*
 * session: the calls of one connection, in their order.
 *
 * A session is made for a connection and lives until the connection is gone and its last call is
 * done: what a peer sent whole is carried out even if the peer does not wait. Answers leave in the
 * order of the calls. A call that reads starts when all writes before it are done, a write when all
 * reads before it are; reads among themselves and writes among themselves overlap. Loop thread
 * only.
 */
#pragma once

#include "account.h"
#include "connection.h"
#include "op_call.h"
#include "session_reads.h"

/* The handlers every connection of the daemon's network has. */
extern const struct connection_handlers session_handlers;

/* Takes charge of a new connection; its reads take turns with those of `reads`. Returns 0, or with
 * the connection untouched -ENOMEM, or ACCOUNT_FULL when its user has as many as they may. */
int session_open(struct service *service, struct reads *reads, struct connection *connection);

/* Answers a connection that is beyond a limit, and ends it. */
void session_refuse(struct service *service, struct connection *connection, int64_t limit);

/* Once a turn of the loop: sessions that stand in line for what their users may use go on. */
void sessions_call_on(struct accounts *accounts);
/* Many times a second: events whose moment has come are stored. */
void sessions_beat(struct accounts *accounts);
/* Now and then: forgets users who are gone. */
void sessions_forget(struct accounts *accounts);

/* For store jobs that came back; they are calls'. Empties the list. */
void sessions_jobs_done(struct list *jobs);

/* Other settings are in force: calls that wait and streams their peer has no right to any more end
 * with PermissionDenied. */
void session_reloaded(struct connection *connection);

/* The daemon stops: waiting calls are answered ShuttingDown, streams end. */
void session_stop(struct connection *connection);
/* True when nothing of the connection is under way. */
bool session_idle(const struct connection *connection);

/* Once a second: ends sessions whose peer is gone without a reader noticing. */
void session_look_after(struct connection *connection);
