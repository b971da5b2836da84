/*
 * daemon_model: what a daemon would have stored of one run.
 *
 * It takes AppendEvents calls of a recorder and keeps the first event of every number; the same
 * number with other text is a problem. Belongs to the script's thread until it was joined.
 */
#pragma once

#include "fake_server.h"

enum { MODEL_EVENTS = 4096 };

struct daemon_model {
    char *events[MODEL_EVENTS + 1]; /* JSON by number; NULL: not stored */
    size_t n_stored;
    size_t n_duplicates;
    size_t n_calls;
    size_t most_at_once; /* events in one call */
};

void daemon_model_clear(struct daemon_model *model);

/* What one call says. */
struct append_call {
    char run_id[32];
    int64_t first_seq, last_seq;
    size_t n_events;
};

/* Reads a call without storing it; a problem unless it is AppendEvents with numbers in order. */
bool daemon_model_read(struct fake_server *server, const char *text, struct append_call *ret_call);
/* Stores the events of a call. */
bool daemon_model_store(struct daemon_model *model, struct fake_server *server, const char *text);
/* The answer to a call that was stored; `answer` has room for 256 bytes. */
void daemon_model_answer(const char *text, char *answer);
/* Stores a call and answers it. */
void daemon_model_take(struct daemon_model *model, struct fake_peer *peer, const char *text);
/* Serves one connection until the client closes it. */
void daemon_model_serve(struct daemon_model *model, struct fake_peer *peer);
/* Fails the test unless the numbers 1 to `last` are stored, and nothing else. */
void daemon_model_assert(const struct daemon_model *model, int64_t last);

/* A recorder for run r1 on the server, quick to connect again. */
struct hd_recorder *model_recorder(const struct fake_server *server,
                                   struct hd_recorder_options options);

/* An event, and adding it `n` times. */
extern const struct hd_new_event model_event;
void model_add(struct hd_recorder *recorder, int n);
