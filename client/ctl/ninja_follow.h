/*
 * ninja_follow: the lines Ninja adds to its log while it runs.
 *
 * What was in the log before is remembered, because Ninja may rewrite the file when it starts. One
 * thread; nothing here waits.
 */
#pragma once

#include <sys/types.h>

#include "buffer.h"
#include "names.h"
#include "ninja_log.h"

struct ninja_follow {
    const char *path;
    struct buffer before; /* the log as it was; `old` points into it */
    struct names old;     /* its lines */
    dev_t device;         /* of the file read last */
    ino_t inode;
    off_t offset; /* of what was read of it */
    struct buffer pending;
    bool skip; /* the file is a new one: lines that are old are told by their text */
};

/* Called with each new entry, which lasts as long as the call. Returns 0, or -errno to stop. */
typedef int (*ninja_entry_callback)(void *userdata, const struct ninja_entry *entry);

/* Remembers the log at `path`, which outlives the follower; none there is fine. Returns 0 or
 * -errno. */
int ninja_follow_open(struct ninja_follow *follow, const char *path);
void ninja_follow_close(struct ninja_follow *follow);
/* Reads what has been added. Returns 0, -errno, or what the callback returned. */
int ninja_follow_read(struct ninja_follow *follow, ninja_entry_callback callback, void *userdata);
