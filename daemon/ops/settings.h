/*
 * settings: what an operator may change while the daemon serves.
 *
 * They do not change once they are made: a reload puts others in their place, and a call keeps
 * those it began with. Counted by the loop's thread; their values may be read on any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "message_limits.h"
#include "redact.h"

struct access;

/* What one user may use of the daemon at once. */
struct quotas {
    int64_t connections;
    int64_t calls;        /* not answered yet, of all the user's connections */
    int64_t bytes;        /* of memory, of those calls */
    int64_t events_per_s; /* 0: any number */
};

/* What is kept; 0 stands for no limit. */
struct retention {
    int64_t days; /* after a run ended */
    int64_t runs_per_repo;
    int64_t database_mib;
    int64_t interval_s;   /* between two looks */
    int64_t lost_after_s; /* how long a run may be without its dead orchestrator */
};

struct settings {
    unsigned int users;
    struct limits limits;
    int64_t connections; /* at once */
    int64_t calls;       /* of one connection that are under way at once */
    struct quotas quotas;
    struct retention retention;
    char *backup_folder;         /* owned */
    struct redaction *redaction; /* owned; where `redacts` is not set, that of mode secrets */
    struct access *access;       /* owned */
    bool redacts;                /* what calls bring */
};

/* A copy of what is given, with one user; texts are copied too, `redaction` and `access` pass on.
 * NULL when out of memory: the caller keeps it then. */
struct settings *settings_new(const struct settings *given);
struct settings *settings_use(struct settings *settings);
/* The last user frees them. NULL is fine. */
void settings_leave(struct settings *settings);
