/*
 * database: the subject's database file, made or read by a test while no daemon has it.
 *
 * The one place of the tests that knows SQLite.
 */
#pragma once

#include <stdint.h>

/* Runs the statements; the file is made where it is missing. */
void database_run(const char *path, const char *statements);
/* The rows of a query as text: columns joined by '|', rows ended by '\n', NULL as "NULL". Kept. The
 * file is not written to. */
const char *database_rows(const char *path, const char *query);
int64_t database_int(const char *path, const char *query);

/* Holds the write lock until database_unlock(). */
void *database_lock(const char *path);
void database_unlock(void *lock);
