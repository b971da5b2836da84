/*
 * probe: reading what a start would trip over, while nothing has been written yet.
 */
#pragma once

#include <sqlite3.h>

enum { PROBE_NAME_SIZE = 64 };

/* Touches the beginning of every table and index that is ours, and reads what a start on a schema
 * of `version` reads. SQLite's result code, with the name of what can't be read. */
int probe_tables(sqlite3 *handle, int version, char ret_name[PROBE_NAME_SIZE]);
