/*
 * roles: what a peer must be allowed to do for a method: the one table of both.
 *
 * The daemon goes by it, and clients tell by it what was missing.
 */
#pragma once

#include <stdbool.h>

enum role {
    ROLE_ANYBODY,
    ROLE_READ,
    ROLE_RECORD,
    ROLE_ADMINISTER,
};

enum { ROLES = ROLE_ADMINISTER + 1 };

/* As operators call it. */
const char *role_name(enum role role);

/* False when the table has no row for the method. */
bool role_of_method(const char *method, enum role *ret_role);
