/*
 * fake_server: a listener whose answers are written by the test, byte for byte.
 *
 * The test starts it with a script, a function that runs in a thread of its own and plays the
 * daemon. What goes wrong in the script is noted and fails the test in fake_server_join(); nothing
 * waits for ever.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <historyd/historyd.h>

#include "buffer.h"

struct fake_server {
    char folder[64];
    char path[96];
    int listener;
    pthread_t thread;
    void (*script)(struct fake_server *server, void *data);
    void *data;
    char problem[256]; /* the first */
};

/* One accepted connection; belongs to the script. */
struct fake_peer {
    struct fake_server *server;
    int fd; /* -1: closed */
    struct buffer input;
    size_t taken; /* bytes of `input` that were handed out */
};

/* Makes the folder and the path, without a listener. */
void fake_server_init(struct fake_server *server);
/* Binds and listens; `backlog` as of listen(2). */
void fake_server_listen(struct fake_server *server, int backlog);
/* Stops listening and removes the socket file. */
void fake_server_unlisten(struct fake_server *server);
/* Listens and runs the script. */
void fake_server_start(struct fake_server *server,
                       void (*script)(struct fake_server *server, void *data), void *data);
/* The same for a server whose path was made before. */
void fake_server_run(struct fake_server *server,
                     void (*script)(struct fake_server *server, void *data), void *data);
/* Waits for the script's end, clears up, and fails the test if the script had a problem. */
void fake_server_join(struct fake_server *server);
/* For a server without a script. */
void fake_server_clear(struct fake_server *server);

/* Notes a problem (printf's words); the first one is kept. */
void fake_problem(struct fake_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the next connection; false (and a problem) when none comes. */
bool fake_accept(struct fake_server *server, struct fake_peer *ret_peer);
/* Reads one message; its text stays valid until the next read. False at the end of the connection.
 */
bool fake_read(struct fake_peer *peer, const char **ret_text);
/* The same, and notes a problem unless the message is `expected`; NULL: any. */
bool fake_expect(struct fake_peer *peer, const char *expected);
/* Sends `size` bytes and waits until the client has taken them all. */
void fake_send_bytes(struct fake_peer *peer, const char *bytes, size_t size);
/* Sends without waiting for the client to read. */
void fake_send_unread(struct fake_peer *peer, const char *bytes, size_t size);
/* Sends a text and its NUL. */
void fake_send(struct fake_peer *peer, const char *text);
/* Reads until the client closes; a message that comes is a problem. */
void fake_expect_end(struct fake_peer *peer);
void fake_close(struct fake_peer *peer);

/* A client of the server. */
struct hd_client *fake_client(const struct fake_server *server);

/* --- a script of exchanges -------------------------------------------------------------------- */

struct exchange {
    const char *call;   /* NULL: any */
    const char *answer; /* with a NUL behind it, unless `size` is given; NULL: none */
    size_t size;
    bool close; /* behind the answer; the next exchange is on a new connection */
};

/* A script: plays exchanges up to the first that is empty, then waits for the client to close.
 * `data` is the array. */
void fake_exchanges(struct fake_server *server, void *data);

/* A run, and an answer to GetRun. */
#define FAKE_RUN                                                                                   \
    "{\"id\":\"r1\",\"repo_path\":\"/src\",\"started_at\":\"2026-01-20T14:30:52.123456Z\","        \
    "\"status\":\"running\",\"parallelism\":1,\"total_units\":0,\"completed_units\":0,"            \
    "\"failed_units\":0,\"blocked_units\":0,\"dry_run\":false,\"last_seq\":9007199254740993}"
#define FAKE_RUN_ANSWER "{\"parameters\":{\"run\":" FAKE_RUN "}}"
