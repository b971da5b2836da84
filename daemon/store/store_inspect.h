/*
 * store_inspect: a look at a database before it is opened for good.
 *
 * Everything that makes a file not ours, or not fit to be served, is found here, and nothing is
 * changed by looking: the file, its log and the log's index stay as they are, byte for byte. (A
 * rollback journal left by a killed program is the exception: it is rolled back as by whoever opens
 * the file first.)
 *
 * What is found is what a start would meet: the header, the list of free pages, the schema, the
 * first page of every table and index, and all that the start itself reads. Looking takes no longer
 * when the history is longer; a damaged page deep inside is met by who reads it, or by
 * store_check_integrity().
 *
 * The first look reads the bytes with plain system calls. That is safe only because SQLite has not
 * opened the file in this process yet: closing any descriptor of a file drops all of the process's
 * POSIX locks on it, but here there are none, and other processes' locks are not touched.
 * Afterwards no file of the database is ever opened but by SQLite.
 */
#pragma once

#include <sys/types.h>

#include "store_place.h"

enum { INSPECT_HEADER = 100 };

/* What the bytes say. */
struct file_facts {
    bool empty;           /* missing or without a byte */
    bool log_used;        /* the log or a rollback journal holds bytes */
    bool maybe_truncated; /* pages are neither in the file nor in the log */
    bool suspect;         /* the header, the free pages or the map of pages don't fit each other */
    bool old_format;      /* indexes have no descending order: a program of 2011, or damage */
    uint32_t last_root;   /* in a database that can be vacuumed: of the highest table or index */
};

/* Returns 0, or -1 with the problem filled. The lock is held. */
int inspect_bytes(const struct store_place *place, struct file_facts *ret_facts,
                  struct store_problem *ret_problem);

/* What the committed part of a log adds to a file of `file_pages` pages. */
struct log_page {
    uint32_t page;
    off_t offset; /* of its newest version in the log */
};
struct log_facts {
    bool committed;       /* at least one transaction */
    uint32_t pages;       /* of the database after the last one */
    uint32_t pages_added; /* different ones in it behind the file's end */
    struct log_page *where;
    size_t n_where; /* by page, each once */
};

/* Reads a log from `fd`. Returns 0 or a negative errno; the facts are to be cleared. */
int inspect_log(int fd, uint32_t page_size, uint32_t file_pages, struct log_facts *ret_facts);
void log_facts_clear(struct log_facts *facts);

/* The pages as the next transaction would see them: the log's where it has one, else the file's.
 * The descriptors are the caller's; `log_fd` is -1 without a log. */
struct inspect_pages {
    int fd;
    int log_fd;
    uint32_t page_size;
    uint32_t n_pages;
    struct log_facts log;
};

/* False where the page can't be read whole. */
bool inspect_page(const struct inspect_pages *pages, uint32_t page, void *ret_bytes, size_t size);
/* Whether what SQLite only meets when it writes fits: the list of free pages, and the map of pages
 * where the highest table or index is `last_root`. A negative errno for want of memory. */
int inspect_links(const struct inspect_pages *pages, const unsigned char header[INSPECT_HEADER],
                  bool *ret_fit);

uint32_t inspect_number(const unsigned char *bytes, int size);

/* Both looks: bytes, then the schema through SQLite. Returns 0, or -1 with the problem filled. */
int inspect_database(const struct store_place *place, struct store_problem *ret_problem);
