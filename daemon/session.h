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

#include "connection.h"
#include "op_call.h"
#include "session_reads.h"

/* The handlers every connection of the daemon's network has. */
extern const struct connection_handlers session_handlers;

/* Takes charge of a new connection; its reads take turns with those of `reads`. Returns 0 or
 * -ENOMEM, the connection then being untouched. */
int session_open(struct service *service, struct reads *reads, struct connection *connection);

/* Answers a connection that is one too many, and ends it. */
void session_refuse(struct service *service, struct connection *connection);

/* For store jobs that came back; they are calls'. Empties the list. */
void sessions_jobs_done(struct list *jobs);

/* The daemon stops: waiting calls are answered ShuttingDown, streams end. */
void session_stop(struct connection *connection);
/* True when nothing of the connection is under way. */
bool session_idle(const struct connection *connection);

/* Once a second: ends sessions whose peer is gone without a reader noticing. */
void session_look_after(struct connection *connection);
