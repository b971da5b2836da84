/*
 * machine: where the figures were measured, in one line.
 */
#pragma once

#include <stddef.h>

/* Called once, with the folder of the databases, before anything is measured: the load of others
 * is told too. */
void machine_look(const char *folder);
void machine_describe(char *text, size_t size);
void machine_print(void);
