/*
 * cut_recorder: the library put in front of a program (LD_PRELOAD) that records what it does to
 * files; its inside, seen by its own files only.
 *
 * The environment's POWERCUT_TRACE names the trace; without it nothing is recorded. The functions
 * it puts itself before go to the kernel by syscall(2), never through one another. Everything that
 * changes a file happens with the trace's lock held, together with its record; a sync itself
 * happens without it.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cut_trace.h"

/* A descriptor that is open below the folder. */
struct cut_descriptor {
    bool known;
    bool folder;
    bool scratch;
    bool synced;   /* each write is (O_SYNC, O_DSYNC) */
    uint64_t file; /* inode */
    char *name;    /* of a folder, or of a peer */
    bool peer;     /* a socket; see CUT_PEER_PREFIX */
    int64_t sent;  /* to the peer */
};

/* NULL when nothing is recorded. */
struct cut_trace *cut_recording(void);

/* Around each operation that changes something. */
void cut_begin(void);
void cut_end(void);

/* What is known of a descriptor; false when it is none of the folder's. */
bool cut_descriptor_get(int fd, struct cut_descriptor *ret_descriptor);
/* A descriptor that was just opened: looks where it leads. With the lock held. */
void cut_descriptor_add(int fd, int flags);
void cut_descriptor_copy(int from, int to);
void cut_descriptor_forget(int fd);

/* The path's name below the folder, in `ret_name` (PATH_MAX bytes). False when it is outside. */
bool cut_name_of(int folder, const char *path, char *ret_name);
bool cut_is_scratch(const char *name);

/* A socket that was just accepted. */
void cut_peer_add(int fd);
/* Sends by that system call, with its record when it is to a peer. */
ssize_t cut_send(int fd, long call, const void *what, size_t size, int flags);

/* Records, with the lock held. */
void cut_record_file(enum cut_kind kind, const struct cut_descriptor *descriptor, int64_t offset,
                     const void *data, size_t size);
void cut_record_unfollowed(const char *what, const char *name);

/* Syncs by `sync` (its system call's number) with its two records; 0, or -1 and errno. */
int cut_sync(int fd, long sync, const struct cut_descriptor *descriptor);

/* A write is recorded: the process may have been told to die there. With the lock held. */
void cut_die_behind_write(void);
