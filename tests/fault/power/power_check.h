/*
 * power_check: a disk behind a power cut, brought up again and compared with the ledger.
 */
#pragma once

#include "power_ledger.h"

/* Opens the database by the store's own start, all of it but the daemon around, and closes it. 0,
 * or -1 with words. */
int power_recover_here(const char *database, char *ret_words, size_t size);
/* The same without what costs most and leaves the disk alone: the rehearsals of schema and
 * statements, and the threads. With a schema to make it is the whole. */
int power_recover_short(const char *database, char *ret_words, size_t size);
/* The same by a daemon of its own, which must answer and end well. */
int power_recover_daemon(const char *daemon, const char *database, const char *socket,
                         char *ret_words, size_t size);

/* Compares the database, which nobody has open. 0, or -1 with words. */
int power_check(const char *database, const struct power_ledger *ledger,
                const struct power_standing *standing, char *ret_words, size_t size);

/* Makes a database of version 1 with what the load says was there before. 0 or -errno. */
int power_make_past(const char *database, const struct power_load *load);
