/*
 * cut_trace: the record of all that was done to the files below one folder, in one order.
 *
 * A trace is one file that every process taking part maps: the programs under the recorder append
 * what they do, anybody else appends marks. Appending holds a lock that lives in the file, so the
 * order of records is the order in which things happened: a write is in the trace before its bytes
 * reach the file and no other operation comes between. What is in the trace survives the death of
 * every process.
 *
 * A sync is two records. Its end makes durable what came before its beginning, and nothing between.
 *
 * The same file holds the orders to the recorder: to make syncs slow, to let one fail, to end the
 * process before one.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum cut_kind {
    CUT_BASE_FOLDER = 1, /* there when the trace began, durable */
    CUT_BASE_FILE,       /* the same; data: its bytes */
    CUT_START,           /* a process began: its pid */
    CUT_CREATE,          /* a file came to be under its name */
    CUT_WRITE,           /* data at `offset` */
    CUT_TRUNCATE,        /* the size became `offset` */
    CUT_GROW,            /* the size became at least `offset`, with zeros */
    CUT_RENAME,          /* name to second name */
    CUT_LINK,            /* the file got the second name too */
    CUT_UNLINK,
    CUT_MAKE_FOLDER,
    CUT_REMOVE_FOLDER,
    CUT_SYNC_BEGIN, /* of the file; of a folder: name */
    CUT_SYNC_END,   /* `offset` is the number of the beginning, `result` 0 or errno */
    CUT_MARK,       /* data: whatever somebody outside had to say */
    CUT_SEND,       /* to a peer of that name; `offset` bytes with these, since it connected */
    CUT_POWER,      /* it was cut: what follows as base is all there is */
    CUT_UNFOLLOWED, /* something the recorder can't follow, in the name: the trace is no good */
};

enum cut_flags {
    CUT_IS_FOLDER = 1 << 0,
    CUT_IS_SCRATCH = 1 << 1, /* a file whose content need not survive; see cut_trace_create() */
    CUT_SYNCS_ALL = 1 << 2,  /* sync(2), syncfs(2) */
};

/* One record; `name`, `second` (each with its NUL) and the data follow. */
struct cut_record {
    uint64_t number; /* from 1 */
    uint64_t file;   /* inode */
    int64_t offset;
    uint32_t size; /* of it all, a multiple of 8 */
    uint32_t data_size;
    uint16_t kind;
    uint16_t flags;
    uint16_t name_size; /* 0: no name */
    uint16_t second_size;
    int32_t pid;
    int32_t result;
};

/* Orders, and what the recorder counts. All under the lock. */
struct cut_orders {
    int64_t syncs;         /* begun, of files and folders */
    int64_t writes;        /* of data */
    int64_t sync_ns;       /* how long a sync takes besides */
    int64_t kill_at_sync;  /* SIGKILL before the sync of this number; 0: never */
    int64_t kill_at_write; /* SIGKILL behind the write of this number; 0: never */
    int64_t fail_at_sync;  /* the sync of this number fails with EIO; 0: never */
};

/* A client whose Unix socket is bound to an abstract address that begins so is a peer: what a
 * recorded program sends to it is noted, so that an answer has its exact place in the trace. */
#define CUT_PEER_PREFIX "power-cut-"

enum { CUT_FOLDER_MOST = 1024, CUT_SCRATCH_MOST = 64 };

struct cut_header {
    char magic[16];
    uint64_t capacity; /* bytes of the file */
    uint64_t tail;     /* where the next record goes */
    uint64_t records;
    pthread_mutex_t lock; /* robust, of all processes */
    bool busy;            /* an operation is between its record and its end */
    bool broken;          /* a process died there, or there was no room: the trace is no good */
    struct cut_orders orders;
    char folder[CUT_FOLDER_MOST]; /* without a slash at its end; names are below it */
    char scratch[CUT_SCRATCH_MOST];
};

struct cut_trace {
    struct cut_header *header;
    size_t mapped;
};

/* Makes a trace of the folder, which must exist and in which nothing may happen meanwhile; what it
 * holds is the durable beginning. Files whose names end with `scratch` (NULL: none) are recorded
 * by name only, and an image holds anything under it. `capacity` is room for all records; the file
 * is sparse. 0 or -errno. */
int cut_trace_create(const char *path, const char *folder, const char *scratch, uint64_t capacity,
                     struct cut_trace *ret_trace);
/* The same without a folder yet: cut_trace_create()'s first half. */
int cut_trace_make(const char *path, uint64_t capacity, struct cut_trace *ret_trace);
/* Maps one that exists. 0 or -errno. */
int cut_trace_open(const char *path, struct cut_trace *ret_trace);
void cut_trace_close(struct cut_trace *trace);

/* Around an operation and its record: nothing else happens to the files meanwhile. */
void cut_trace_lock(struct cut_trace *trace);
void cut_trace_unlock(struct cut_trace *trace);

/* What is to be recorded; texts may be NULL. */
struct cut_entry {
    enum cut_kind kind;
    unsigned int flags;
    uint64_t file;
    int64_t offset;
    const char *name;
    const char *second;
    const void *data;
    size_t data_size;
    int result;
};

/* With the lock held. Returns the record's number; without room the trace is broken. */
uint64_t cut_trace_append(struct cut_trace *trace, const struct cut_entry *entry);

/* Says something from outside: it is true of what came before. Takes the lock. */
uint64_t cut_trace_mark(struct cut_trace *trace, const void *data, size_t size);

/* Kills the process where no operation of its is half done; the caller still waits for its end. */
void cut_trace_kill(struct cut_trace *trace, pid_t pid);

/* The folder holds another disk now, put there while no recorded program runs: what came before is
 * gone. 0 or -errno. */
int cut_trace_power(struct cut_trace *trace);

/* Reading, when nobody appends. NULL begins; NULL at the end. */
const struct cut_record *cut_trace_next(const struct cut_trace *trace,
                                        const struct cut_record *record);
const char *cut_record_name(const struct cut_record *record);
const char *cut_record_second(const struct cut_record *record);
const char *cut_record_data(const struct cut_record *record);
const char *cut_kind_name(enum cut_kind kind);

/* Why the trace can't be used to make images, NULL where it can. */
const char *cut_trace_fault(const struct cut_trace *trace);
