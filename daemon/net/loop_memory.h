/*
 * loop_memory: what libuv allocates. The process's, set up once before its first loop.
 *
 * libuv ends the process where it gets no memory to enlarge its table of descriptors, in the midst
 * of serving. So this table, the only thing it ever enlarges, is mapped at once for as many
 * descriptors as the process may open: it never moves, and what is not used takes no memory.
 */
#pragma once

/* 0, or a negative errno. */
int loop_memory_set_up(void);
