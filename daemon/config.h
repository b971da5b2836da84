/*
 * config: what the operator chose.
 *
 * Defaults, then the file, then its drop-ins, then the command line; where two say something, the
 * later one counts. The texts are owned by the config; config_clear() frees them. Loop thread, or
 * before there is one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "message_limits.h"
#include "settings.h"

struct config {
    char *socket;
    int64_t socket_mode; /* permission bits */
    char *database;
    int64_t normal_sync; /* 1: synchronous = normal */
    int64_t readers;
    int64_t cache_kib;
    int64_t checkpoint_pages;
    int64_t journal_kib;
    struct limits limits;
    int64_t connections;
    int64_t calls;
    int64_t message_ms;
    int64_t send_ms;
    /* Who may do what, as names; see historyd.conf(5). */
    char *access_read;
    char *access_record;
    char *access_administer;
    struct quotas quotas;
    int64_t redaction_mode; /* enum redaction_mode */
    char *redaction_keys;   /* further names of secrets, with blanks between them */
    char *redaction_allow;  /* the names that are kept in mode allow-list */
    struct retention retention;
    char *backup_folder;
    char *metrics_file; /* empty: none is written */
    int64_t metrics_interval_s;
};

struct config_problem {
    char message[1024]; /* one line: file, line, cause, remedy */
    bool shortage;      /* something else is at fault, or lacks: the configuration may be right */
};

/* The defaults but for the paths. Returns 0, or -1 when out of memory. */
int config_init(struct config *config);
void config_clear(struct config *config);

/* Reads an INI file over what is there. `required` false: a file that is not there is fine. Returns
 * 0, or -1 with `ret_problem` filled. */
int config_read(struct config *config, const char *path, bool required,
                struct config_problem *ret_problem);

/* Fills in that `path` could not be read, for an errno. Returns -1. */
int config_unread(const char *path, int error, struct config_problem *ret_problem);

/* What the command line says; NULL: nothing. */
struct config_choices {
    const char *file; /* read instead of the default one and its drop-ins */
    const char *socket;
    const char *database;
};

/* All of it, but for the default paths. `config` is to be cleared in any case. Returns 0, or -1
 * with `ret_problem` filled. */
int config_load(struct config *config, const struct config_choices *choices,
                struct config_problem *ret_problem);

/* Takes over from `fresh`, another whole configuration, what may change while the daemon serves:
 * all but [daemon] and [store]. `ret_kept` lists the keys that differ and need a restart, empty
 * without. */
enum { CONFIG_KEPT_SIZE = 256 };
void config_adopt(struct config *config, struct config *fresh,
                  char ret_kept[static CONFIG_KEPT_SIZE]);

/* Sets a text; 0 or -1 when out of memory. */
int config_set(char **text, const char *value);

/* The file that is read when none is named; owned by the caller. NULL when out of memory or when
 * there is no home to look in. */
char *config_default_file(void);

/* Fills the paths that are still unset and makes their folders where the default names them. */
int config_default_paths(struct config *config, struct config_problem *ret_problem);
/* Of these, the database alone. */
int config_default_database(struct config *config, struct config_problem *ret_problem);
/* Of these, the folder of the backups alone: beside the database. */
int config_default_backups(struct config *config, const char *database,
                           struct config_problem *ret_problem);
