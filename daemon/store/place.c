#include "store_place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store_problem.h"

const char *place_network_name(int64_t type)
{
    static const struct {
        uint32_t type;
        const char *name;
    } networks[] = {{0x00006969, "NFS"},        {0x0000517b, "SMB"},
                    {0xff534d42, "CIFS"},       {0xfe534d42, "SMB2"},
                    {0x01021997, "9P"},         {0x5346414f, "AFS"},
                    {0x6b414653, "AFS"},        {0x00c36400, "Ceph"},
                    {0x73757245, "Coda"},       {0x0000564c, "NCP"},
                    {0x0bd00bd0, "Lustre"},     {0x01161970, "GFS2"},
                    {0x7461636f, "OCFS2"},      {0x47504653, "GPFS"},
                    {0x20030528, "OrangeFS"},   {0x19830326, "BeeGFS"},
                    {0xaad7aaea, "PanFS"},      {0x786f4256, "VirtualBox shared folder"},
                    {0xbacbacbc, "VMware HGFS"}};

    /* The kernel's type is a signed word on some machines. */
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
        if (networks[i].type == (uint32_t)type)
            return networks[i].name;
    return NULL;
}

int64_t place_size(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

static int place_error(const char *what, const char *path, const char *remedy,
                       struct store_problem *ret_problem)
{
    problem_environment(ret_problem, "%s %.512s: %s; %s", what, path, strerrordesc_np(errno),
                        remedy);
    return -1;
}

/* The folder made canonical and the name put behind it, for a file that does not exist. */
static int path_canonical_new(const char *given, char *ret_path, struct store_problem *ret_problem)
{
    char copy[PATH_MAX];
    char folder[PATH_MAX];
    const char *name = strrchr(given, '/');
    struct stat status;
    int size;

    name = name ? name + 1 : given;
    if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        problem_environment(ret_problem, "the database %.512s is named like a folder; name a file",
                            given);
        return -1;
    }
    if (lstat(given, &status) == 0 && S_ISLNK(status.st_mode)) {
        problem_environment(ret_problem,
                            "the database %.512s is a symbolic link to nowhere; remove it "
                            "or restore what it points to",
                            given);
        return -1;
    }
    snprintf(copy, sizeof(copy), "%s", given);
    if (!realpath(dirname(copy), folder))
        return place_error("the folder of the database", given, "create it or name another path",
                           ret_problem);
    size = snprintf(ret_path, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    if (size >= PATH_MAX) {
        problem_environment(ret_problem,
                            "the path of the database is too long; name a shorter one");
        return -1;
    }
    return 0;
}

static int path_canonical(const char *given, char *ret_path, bool *ret_exists,
                          struct store_problem *ret_problem)
{
    if (!given || !given[0] || strlen(given) >= PATH_MAX) {
        problem_environment(ret_problem,
                            "the path of the database is %s; name one of at most %d bytes",
                            given && given[0] ? "too long" : "empty", PLACE_PATH_MAX);
        return -1;
    }
    if (realpath(given, ret_path)) {
        *ret_exists = true;
        return 0;
    }
    if (errno != ENOENT)
        return place_error("the database", given, "name a path that can be reached", ret_problem);
    *ret_exists = false;
    return path_canonical_new(given, ret_path, ret_problem);
}

static int place_check_file(const struct store_place *place, struct store_problem *ret_problem)
{
    const char *const names[] = {place->path, place->wal, place->shm, place->journal};
    struct stat status;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (stat(names[i], &status) < 0) {
            if (errno == ENOENT)
                continue;
            return place_error("the file", names[i], "make it readable", ret_problem);
        }
        if (!S_ISREG(status.st_mode)) {
            problem_refuse(ret_problem,
                           "%s is no regular file; move it away or name another database",
                           names[i]);
            return -1;
        }
        if (faccessat(AT_FDCWD, names[i], R_OK | W_OK, AT_EACCESS) < 0)
            return place_error("the file", names[i],
                               "make it readable and writable for the user historyd runs as",
                               ret_problem);
        /* Under its other name it would have another log and another lock. */
        if (status.st_nlink > 1) {
            problem_environment(ret_problem, "%s has %ju names (hard links); leave it one",
                                names[i], (uintmax_t)status.st_nlink);
            return -1;
        }
    }
    return 0;
}

static int place_check_folder(const struct store_place *place, struct store_problem *ret_problem)
{
    const char *name;
    struct statfs file_system;

    if (statfs(place->exists ? place->path : place->folder, &file_system) < 0)
        return place_error("the folder", place->folder, "name another path", ret_problem);
    name = place_network_name((int64_t)file_system.f_type);
    if (name) {
        problem_environment(ret_problem,
                            "%s is on a network file system (%s), where a database is "
                            "not safe; name a path on a local disk",
                            place->path, name);
        return -1;
    }
    if ((uint64_t)file_system.f_flags & ST_RDONLY) {
        problem_environment(ret_problem,
                            "%s is on a read-only file system; mount it writable or name "
                            "another path",
                            place->path);
        return -1;
    }
    if (faccessat(AT_FDCWD, place->folder, W_OK | X_OK, AT_EACCESS) < 0)
        return place_error("the folder", place->folder,
                           "make it writable for the user historyd runs as (the log and the lock "
                           "stand in it) or name another path",
                           ret_problem);
    return 0;
}

static void place_name(char *ret_name, const struct store_place *place, const char *suffix)
{
    /* The path leaves room for the suffix. */
    strcpy(stpcpy(ret_name, place->path), suffix);
}

int place_resolve(const char *given, struct store_place *ret_place,
                  struct store_problem *ret_problem)
{
    struct store_place place = {.exists = false};
    char path[PATH_MAX] = "";
    char *slash;

    if (path_canonical(given, path, &place.exists, ret_problem) < 0)
        return -1;
    if (strlen(path) > PLACE_PATH_MAX) {
        problem_environment(ret_problem,
                            "the path of the database has %zu bytes, SQLite takes %d: %.512s",
                            strlen(path), PLACE_PATH_MAX, path);
        return -1;
    }
    strcpy(place.path, path);
    slash = strrchr(path, '/');
    slash[slash == path ? 1 : 0] = '\0';
    strcpy(place.folder, path);
    place_name(place.wal, &place, "-wal");
    place_name(place.shm, &place, "-shm");
    place_name(place.journal, &place, "-journal");
    place_name(place.lock, &place, "-lock");
    if (place_check_folder(&place, ret_problem) < 0 || place_check_file(&place, ret_problem) < 0)
        return -1;
    *ret_place = place;
    return 0;
}
