/*
 * actor: a process of its own that calls the daemon, and can be killed.
 *
 * Kept by the harness: one that still lives at teardown is killed. Every function but actor_start()
 * waits until the actor has done what it was asked.
 */
#pragma once

#include <cjson/cJSON.h>
#include <sys/types.h>

#include "subject.h"

struct actor;

/* A process that has one connection to the subject. */
struct actor *actor_start(const struct subject *subject);
pid_t actor_pid(const struct actor *actor);

/* The parameters of the reply, which must be no error; `format` as in wire_call(). */
cJSON *actor_call(struct actor *actor, const char *method, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sends calls (their whole texts, a NUL behind each) and does not wait for answers. */
void actor_send(struct actor *actor, const void *bytes, size_t size);
/* Ends its connection; opens a new one. */
void actor_close(struct actor *actor);
void actor_open(struct actor *actor);
/* SIGKILL; returns when it is gone and reaped. */
void actor_kill(struct actor *actor);
