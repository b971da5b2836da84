/*
 * store_db: one connection to the database and its prepared statements.
 *
 * A connection belongs to one thread: the writer's, or one reader's. It is opened and closed by the
 * thread that calls store_open() and store_close(), while its own does not run.
 *
 * A query is one run of a prepared statement. It lives on the stack of the function that makes it;
 * a fault while binding is kept and comes out at the first step, and query_end() is always called,
 * so that no statement stays open across transactions.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "arena.h"
#include "buffer.h"
#include "statements.h"
#include "store.h"

/* What the write connection knows of the transaction under way; see transaction.h. */
struct transaction {
    int64_t last_event_id;   /* newest event, this transaction's included */
    int64_t runs_running;    /* this transaction's changes included */
    int64_t events_inserted; /* by this transaction */
    int64_t events_repeated; /* found to be stored already */
    int64_t changes;         /* of rows on this connection before it */
    int64_t bytes;           /* of text written, roughly */
    struct buffer changed;   /* ids of the runs it changed, each with its NUL */
};

/* What a transaction starts from and a rolled back one falls back to. */
struct committed {
    int64_t last_event_id;
    int64_t last_change;
    int64_t runs_running;
    int64_t events_appended; /* since open */
    int64_t data_version;    /* differs when another process has written */
};

struct store_db {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct transaction transaction;
    struct committed committed;
    struct last_seqs *last_seqs;  /* see last_seq.h */
    struct store_figures figures; /* of the write connection */
    struct store_backup *backup;  /* of the writer: the one under way; see store_backup.h */
    void *scratch;                /* reused by events_append() */
    size_t scratch_size;
    atomic_bool *hurry;    /* set while the store closes: give up what takes long */
    int64_t busy_limit_ms; /* how long to wait for another process's lock */
    int64_t busy_since_ms; /* when the wait under way began */
    int fatal;             /* the SQLite code of a failure for good, 0 without */
    int wal_pages;         /* in the log after the last commit, told by SQLite */
    bool full; /* of the writer: its last transaction that had something to write found no room */
    char failure[256]; /* of the last STORE_FAILED, in words */
};

enum db_role { DB_WRITER, DB_READER };

/* Opens a connection with every pragma set and read back. On failure the problem is filled and -1
 * returned. Closing takes NULL and half-open ones. */
int db_open(struct store_db *db, const char *path, enum db_role role,
            const struct store_options *options, atomic_bool *hurry,
            struct store_problem *ret_problem);
void db_close(struct store_db *db);

/* Sets `synchronous` and reads it back. */
int db_set_synchronous(struct store_db *db, enum store_sync synchronous,
                       struct store_problem *ret_problem);

/* Whether the disk has no room, or the process may not use more of it: later writes may succeed.
 * `cause` is errno from right behind the call, set to 0 before it; SQLite itself does not keep it
 * for a failed commit. A sync that fails so is another matter: nobody knows what it lost. */
bool failure_is_full(int rc, int cause);
/* Whether SQLite found the database itself broken. */
bool failure_is_damage(int rc);

/* The text of a column, NULL where it has none. SQLITE_OK, or SQLITE_NOMEM: SQLite gives NULL then,
 * too. */
int column_text(sqlite3_stmt *statement, int column, const char **ret_text);

/* The store_failure for what SQLite returned just now, its words kept in `failure`. */
int db_failure(struct store_db *db, int rc);

struct query {
    struct store_db *db;
    sqlite3_stmt *statement;
    int rc; /* first fault, SQLITE_OK without */
};

void query_start(struct query *query, struct store_db *db, enum statement_id id);
void query_bind_text(struct query *query, const char *name, const char *text); /* NULL is NULL */
void query_bind_int(struct query *query, const char *name, int64_t value);
void query_bind_null(struct query *query, const char *name);
/* What is below or above every text and number that a column may hold. */
void query_bind_lowest(struct query *query, const char *name);
void query_bind_highest(struct query *query, const char *name);
/* 1 with a row, 0 at the end, or a failure. */
int query_step(struct query *query);
void query_end(struct query *query);

/* Runs a statement without parameters or rows. */
int db_run(struct store_db *db, enum statement_id id);

/* Runs a query that is bound, for the integer of its first row; 0 for NULL or no row. Ends it. */
int query_int(struct query *query, int64_t *ret_value);
/* The same for a statement without parameters. */
int db_run_int(struct store_db *db, enum statement_id id, int64_t *ret_value);
