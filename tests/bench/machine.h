/*
 * machine: where the figures were measured, in one line or as JSON.
 */
#pragma once

/* Called once, with the folder of the databases, before anything is measured: the load of others
 * is told too. */
void machine_look(const char *folder);
void machine_print(void);
/* As the member "machine" of a JSON object. */
void machine_print_json(void);
