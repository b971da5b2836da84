/*
 * store_inspect: a look at a database before it is opened for good.
 *
 * Everything that makes a file not ours is found here, and nothing is changed by looking: the file,
 * its log and the log's index stay as they are, byte for byte. (A rollback journal left by a killed
 * program is the exception: it is rolled back as by whoever opens the file first.)
 *
 * The first look reads the bytes with plain system calls. That is safe only because SQLite has not
 * opened the file in this process yet: closing any descriptor of a file drops all of the process's
 * POSIX locks on it, but here there are none, and other processes' locks are not touched.
 * Afterwards no file of the database is ever opened but by SQLite.
 */
#pragma once

#include "store_place.h"

/* What the bytes say. */
struct file_facts {
    bool empty;           /* missing or without a byte */
    bool log_used;        /* the log or a rollback journal holds bytes */
    bool maybe_truncated; /* pages are neither in the file nor in the log */
};

/* Returns 0, or -1 with the problem filled. The lock is held. */
int inspect_bytes(const struct store_place *place, struct file_facts *ret_facts,
                  struct store_problem *ret_problem);

/* What the committed part of a log adds to a file of `file_pages` pages. */
struct log_facts {
    bool committed;       /* at least one transaction */
    uint32_t pages;       /* of the database after the last one */
    uint32_t pages_added; /* different ones in it behind the file's end */
};

/* Reads a log from `fd`. Returns 0 or a negative errno. */
int inspect_log(int fd, uint32_t page_size, uint32_t file_pages, struct log_facts *ret_facts);

/* Both looks: bytes, then the schema through SQLite. Returns 0, or -1 with the problem filled. */
int inspect_database(const struct store_place *place, struct store_problem *ret_problem);
