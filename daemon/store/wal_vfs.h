/*
 * wal_vfs: SQLite's own file layer, but for the write-ahead log, whose pieces are gathered.
 *
 * SQLite writes the log in two pieces a page, a header of 24 bytes and the page, each a system
 * call. Here they are put together in memory and written by one call when SQLite syncs or
 * truncates the log or reads what is gathered, or when the memory is full. The order of the bytes
 * and the syncs stay what they are, so the log on the disk does too. What a transaction that is
 * rolled back has gathered goes with its lock. A write that fails late spoils its transaction.
 *
 * Only for a connection that syncs the log in every commit (synchronous FULL): it is the sync that
 * brings the pages to the file before other connections are told of the commit. See "WAL-mode File
 * Format" and "The SQLite OS Interface or VFS", https://sqlite.org/vfs.html.
 */
#pragma once

/* The name to open the write connection with; NULL when it could not be registered: SQLite's own
 * does the same. Any thread; registers it the first time. */
const char *wal_vfs_name(void);
