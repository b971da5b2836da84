/*
 * access: who may do what, as the operator named them.
 *
 * The names of users and groups are looked up once, when a configuration is loaded, and never again
 * for a peer: what is kept are numbers. A group counts for a peer when its process is in it, as the
 * kernel tells. An access does not change once it is made; it belongs to the settings.
 *
 * No role implies another, but that administrators may do all: a build may be allowed to record
 * what it does and not to look at what others recorded. It gets the answers to its own calls in any
 * case. Root and the daemon's own user may do all, whatever is said here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "roles.h"

/* A set of roles. */
#define ROLE_BIT(role) (1U << (unsigned int)(role))
#define ROLES_ALL      ((1U << (unsigned int)ROLES) - 1)

struct access;

enum { ACCESS_REASON_SIZE = 256 };

/* Looks up each of `names`: users, groups with an @ before them, numbers of either, or * for
 * everybody, with blanks between them. Returns 0; -1 when one is wrong, or an errno when one could
 * not be looked up, which `ret_reason` has in words. May ask the network, if the system's databases
 * of users do. */
int access_check(const char *names, char ret_reason[static ACCESS_REASON_SIZE]);

/* Looks all of them up; `names` has a text for each role but ROLE_ANYBODY, whose is not looked at.
 * Returns 0, or -1 when out of memory or when one is not known any more. */
int access_new(const char *const names[static ROLES], struct access **ret_access);
/* NULL is fine. */
void access_free(struct access *access);

/* The set of roles of a process with this user and these groups. */
unsigned int access_roles(const struct access *access, uid_t uid, const gid_t *gids, size_t n_gids);

/* Root and the daemon's own user: no rule and no quota is for them. */
bool access_is_master(uid_t uid);
