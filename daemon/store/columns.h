/*
 * columns: the one list of the columns of each table.
 *
 * Statements, the binding of parameters and the reading of rows all come from these lists; the
 * field of the row struct has the column's name. F is used for the first column, N for the others.
 *
 * Kinds: TEXT is never NULL, OPTIONAL is a text or NULL, INTEGER and FLAG are never NULL, MAYBE is
 * an integer or NULL with a `has_` field of its own.
 */
#pragma once

#define RUN_FIXED_COLUMNS(F, N)                                                                    \
    F(TEXT, id)                                                                                    \
    N(TEXT, repo_path)                                                                             \
    N(TEXT, started_at)

#define RUN_CHANGING_COLUMNS(F, N)                                                                 \
    F(OPTIONAL, completed_at)                                                                      \
    N(TEXT, status)                                                                                \
    N(INTEGER, parallelism)                                                                        \
    N(INTEGER, total_units)                                                                        \
    N(INTEGER, completed_units)                                                                    \
    N(INTEGER, failed_units)                                                                       \
    N(INTEGER, blocked_units)                                                                      \
    N(OPTIONAL, error)                                                                             \
    N(OPTIONAL, tasks_dir)                                                                         \
    N(FLAG, dry_run)

#define RUN_COLUMNS(F, N)                                                                          \
    RUN_FIXED_COLUMNS(F, N)                                                                        \
    RUN_CHANGING_COLUMNS(N, N)

/* All but `id`, which the database gives. */
#define EVENT_GIVEN_COLUMNS(F, N)                                                                  \
    F(TEXT, run_id)                                                                                \
    N(INTEGER, seq)                                                                                \
    N(TEXT, time)                                                                                  \
    N(TEXT, type)                                                                                  \
    N(OPTIONAL, unit)                                                                              \
    N(MAYBE, task)                                                                                 \
    N(MAYBE, pr)                                                                                   \
    N(OPTIONAL, payload)                                                                           \
    N(OPTIONAL, error)

#define EVENT_COLUMNS(F, N)                                                                        \
    F(INTEGER, id)                                                                                 \
    EVENT_GIVEN_COLUMNS(N, N)

#define GRAPH_COLUMNS(F, N)                                                                        \
    F(TEXT, nodes)                                                                                 \
    N(TEXT, edges)                                                                                 \
    N(TEXT, levels)

#define ATTACHMENT_COLUMNS(F, N)                                                                   \
    F(TEXT, run_id)                                                                                \
    N(INTEGER, pid)                                                                                \
    N(TEXT, boot_id)                                                                               \
    N(INTEGER, start_ticks)

/* The lists as SQL: names, places in the same order, settings, comparison. */
#define COLUMN_NAME_F(kind, name) #name
#define COLUMN_NAME_N(kind, name) ", " #name
#define COLUMN_NAMES(columns)     columns(COLUMN_NAME_F, COLUMN_NAME_N)

#define COLUMN_PLACE_F(kind, name) ":" #name
#define COLUMN_PLACE_N(kind, name) ", :" #name
#define COLUMN_PLACES(columns)     columns(COLUMN_PLACE_F, COLUMN_PLACE_N)

#define COLUMN_SET_F(kind, name) #name " = :" #name
#define COLUMN_SET_N(kind, name) ", " #name " = :" #name
#define COLUMN_SETTINGS(columns) columns(COLUMN_SET_F, COLUMN_SET_N)

#define COLUMN_SAME_F(kind, name) #name " IS :" #name
#define COLUMN_SAME_N(kind, name) " AND " #name " IS :" #name
#define COLUMNS_SAME(columns)     columns(COLUMN_SAME_F, COLUMN_SAME_N)
