/*
 * cut_disk: what is on a disk at one point of a trace, and what is only on its way there.
 *
 * A disk follows its trace forward. Each file has its durable bytes and, behind them, the changes
 * that no sync has covered yet, in order; the folder has its durable names and the changes of names
 * that no sync of their folder has covered. An image (cut_image.h) is the durable part with any of
 * the rest.
 *
 * Belongs to who made it, one thread; the trace must stay open.
 */
#pragma once

#include "cut_trace.h"

enum cut_state {
    CUT_PENDING, /* may be on the disk, in any part */
    CUT_LOST,    /* its sync failed: later ones don't cover it any more */
    CUT_SETTLED, /* durable, but behind one that is lost */
};

/* A change of one file's bytes or size. */
struct cut_change {
    uint64_t number; /* of its record */
    enum cut_kind kind;
    enum cut_state state;
    bool resizes; /* changes the size too, which is metadata */
    int64_t offset;
    size_t size;
    const char *data; /* in the trace */
};

struct cut_object {
    uint64_t file;
    bool scratch;
    char *bytes; /* durable */
    size_t size;
    size_t capacity;
    int64_t cached_size; /* as the program sees it */
    struct cut_change *changes;
    size_t n_changes;
    size_t changes_capacity;
};

enum { CUT_NO_OBJECT = -1, CUT_FOLDER_OBJECT = -2 };

struct cut_name {
    char *name;
    int object; /* or CUT_FOLDER_OBJECT */
};

/* A change of names that is not durable yet. */
struct cut_renaming {
    uint64_t number;
    enum cut_kind kind;
    const char *name; /* in the trace */
    const char *second;
    int object;
};

struct cut_names {
    struct cut_name *names;
    size_t n_names;
    size_t capacity;
};

struct cut_disk {
    const struct cut_trace *trace;
    bool forget_folder_syncs;      /* as if the program had none; set before it follows */
    const struct cut_record *last; /* followed up to here */
    struct cut_object *objects;
    size_t n_objects;
    size_t objects_capacity;
    struct cut_names names; /* durable */
    struct cut_renaming *renamings;
    size_t n_renamings;
    size_t renamings_capacity;
};

/* The disk before anything happened. Running out of memory ends the program, here and below: a
 * simulation is no service. */
struct cut_disk *cut_disk_new(const struct cut_trace *trace);
void cut_disk_free(struct cut_disk *disk);

/* Follows the trace up to and with the record of this number; never back. */
void cut_disk_follow(struct cut_disk *disk, uint64_t number);

/* The names with one more change. The texts are their own. */
void cut_names_apply(struct cut_names *names, const struct cut_renaming *renaming);
void cut_names_copy(struct cut_names *to, const struct cut_names *from);
void cut_names_clear(struct cut_names *names);

void *cut_grow(void *array, size_t *capacity, size_t needed, size_t item);
