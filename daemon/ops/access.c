#include "access.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOOKUP_BYTES = 4096,
    LOOKUP_MOST = 16 << 20, /* a group may have very many members */
};

struct access_name {
    bool is_group;
    id_t id;
};

struct access_list {
    bool everybody;
    size_t n_names;
    struct access_name *names;
};

struct access {
    struct access_list lists[ROLES];
};

static const char blanks[] = " \t";

/* --- looking up ----------------------------------------------------------------------------- */

/* One look into a database of the system. Returns 0, an errno, or -1 when it is not there. */
static int lookup_user(const char *name, char *bytes, size_t size, id_t *ret_id)
{
    struct passwd entry, *found;
    int r = getpwnam_r(name, &entry, bytes, size, &found);

    if (r || !found)
        return r ? r : -1;
    *ret_id = entry.pw_uid;
    return 0;
}

static int lookup_group(const char *name, char *bytes, size_t size, id_t *ret_id)
{
    struct group entry, *found;
    int r = getgrnam_r(name, &entry, bytes, size, &found);

    if (r || !found)
        return r ? r : -1;
    *ret_id = entry.gr_gid;
    return 0;
}

/* A number stands for itself, whether or not the system knows it. The highest means nobody at all
 * (chown(2)). */
static bool lookup_number(const char *name, id_t *ret_id)
{
    unsigned long long number;
    char *end;

    if (!isdigit((unsigned char)name[0]))
        return false;
    errno = 0;
    number = strtoull(name, &end, 10);
    if (errno || *end || number >= UINT32_MAX)
        return false;
    *ret_id = (id_t)number;
    return true;
}

/* Some databases answer in place of "not there" with one of these (getpwnam(3)). */
static bool lookup_means_missing(int r)
{
    return r == -1 || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM;
}

/* A name that consists of digits is a name first. Returns 0, an errno, or -1 when it is not there.
 */
static int lookup(const char *name, bool is_group, id_t *ret_id)
{
    int r = ERANGE;

    for (size_t size = LOOKUP_BYTES; r == ERANGE && size <= LOOKUP_MOST; size *= 4) {
        char *bytes = malloc(size);

        if (!bytes)
            return ENOMEM;
        r = is_group ? lookup_group(name, bytes, size, ret_id)
                     : lookup_user(name, bytes, size, ret_id);
        free(bytes);
    }
    if (lookup_means_missing(r))
        r = lookup_number(name, ret_id) ? 0 : -1;
    return r;
}

static int access_refuse(char *reason, const char *what, const char *name, int r)
{
    if (r < 0)
        snprintf(reason, ACCESS_REASON_SIZE,
                 "there is no %s \"%.64s\" here; allowed are users, groups with an @ before them, "
                 "numbers of either, or * for everybody",
                 what, name);
    else
        snprintf(reason, ACCESS_REASON_SIZE, "the %s \"%.64s\" could not be looked up: %s", what,
                 name, strerror(r));
    return r;
}

/* --- lists ---------------------------------------------------------------------------------- */

static int access_list_add(struct access_list *list, const char *word, char *ret_reason)
{
    struct access_name name = {.is_group = word[0] == '@'};
    struct access_name *names;
    int r;

    if (strcmp(word, "*") == 0) {
        list->everybody = true;
        return 0;
    }
    r = lookup(word + name.is_group, name.is_group, &name.id);
    if (r)
        return access_refuse(ret_reason, name.is_group ? "group" : "user", word + name.is_group, r);
    names = realloc(list->names, (list->n_names + 1) * sizeof(*names));
    if (!names)
        return access_refuse(ret_reason, "name", word, ENOMEM);
    list->names = names;
    names[list->n_names++] = name;
    return 0;
}

static int access_list_read(struct access_list *list, const char *text,
                            char ret_reason[static ACCESS_REASON_SIZE])
{
    char *copy = strdup(text), *place = NULL;
    int r = 0;

    if (!copy)
        return access_refuse(ret_reason, "list", text, ENOMEM);
    for (char *word = strtok_r(copy, blanks, &place); r == 0 && word;
         word = strtok_r(NULL, blanks, &place))
        r = access_list_add(list, word, ret_reason);
    free(copy);
    return r;
}

static bool access_list_has(const struct access_list *list, uid_t uid, const gid_t *gids,
                            size_t n_gids)
{
    if (list->everybody)
        return true;
    for (size_t i = 0; i < list->n_names; i++) {
        const struct access_name *name = &list->names[i];

        if (!name->is_group && name->id == uid)
            return true;
        for (size_t j = 0; name->is_group && j < n_gids; j++)
            if (name->id == gids[j])
                return true;
    }
    return false;
}

/* --- all of them ---------------------------------------------------------------------------- */

int access_check(const char *names, char ret_reason[static ACCESS_REASON_SIZE])
{
    struct access_list list = {.n_names = 0};
    int r = access_list_read(&list, names, ret_reason);

    free(list.names);
    return r;
}

int access_new(const char *const names[static ROLES], struct access **ret_access)
{
    struct access *access = calloc(1, sizeof(*access));
    char reason[ACCESS_REASON_SIZE];

    if (!access)
        return -1;
    access->lists[ROLE_ANYBODY].everybody = true;
    for (size_t role = ROLE_READ; role < ROLES; role++)
        if (access_list_read(&access->lists[role], names[role], reason) != 0) {
            access_free(access);
            return -1;
        }
    *ret_access = access;
    return 0;
}

void access_free(struct access *access)
{
    if (!access)
        return;
    for (size_t role = 0; role < ROLES; role++)
        free(access->lists[role].names);
    free(access);
}

bool access_is_master(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

unsigned int access_roles(const struct access *access, uid_t uid, const gid_t *gids, size_t n_gids)
{
    unsigned int roles = 0;

    if (access_is_master(uid) ||
        access_list_has(&access->lists[ROLE_ADMINISTER], uid, gids, n_gids))
        return ROLES_ALL;
    for (size_t role = 0; role < ROLE_ADMINISTER; role++)
        if (access_list_has(&access->lists[role], uid, gids, n_gids))
            roles |= ROLE_BIT(role);
    return roles;
}
