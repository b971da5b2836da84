/*
 * The names of files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cut_recorder.h"
#include "front.h"

static void record_name(enum cut_kind kind, unsigned int flags, uint64_t file, const char *name,
                        const char *second)
{
    cut_trace_append(
        cut_recording(),
        &(struct cut_entry){
            .kind = kind, .flags = flags, .file = file, .name = name, .second = second});
}

static unsigned int name_flags(const char *name)
{
    return cut_is_scratch(name) ? CUT_IS_SCRATCH : 0;
}

static uint64_t file_of(int folder, const char *path)
{
    struct stat status;

    return fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino : 0;
}

static int rename_any(int from_folder, const char *from, int to_folder, const char *to,
                      unsigned int flags)
{
    char from_name[PATH_MAX];
    char to_name[PATH_MAX];
    bool from_below = cut_recording() && cut_name_of(from_folder, from, from_name);
    bool to_below = cut_recording() && cut_name_of(to_folder, to, to_name);
    int r;

    if (!from_below && !to_below)
        return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    cut_begin();
    r = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (r == 0 && from_below && to_below && !(flags & ~(unsigned int)RENAME_NOREPLACE))
        record_name(CUT_RENAME, name_flags(to_name), file_of(to_folder, to), from_name, to_name);
    else if (r == 0)
        cut_record_unfollowed("rename() into, out of or across the folder", to);
    cut_end();
    return r;
}

PUBLIC int rename(const char *from, const char *to)
{
    return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0);
}

PUBLIC int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return rename_any(from_folder, from, to_folder, to, 0);
}

PUBLIC int renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned int flags)
{
    return rename_any(from_folder, from, to_folder, to, flags);
}

static int unlink_any(int folder, const char *path, int flags)
{
    char name[PATH_MAX];
    uint64_t file;
    int saved = errno;
    int r;

    if (!cut_recording() || !cut_name_of(folder, path, name))
        return (int)syscall(SYS_unlinkat, folder, path, flags);
    cut_begin();
    file = file_of(folder, path);
    errno = saved;
    r = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (r == 0)
        record_name(flags & AT_REMOVEDIR ? CUT_REMOVE_FOLDER : CUT_UNLINK, name_flags(name), file,
                    name, NULL);
    cut_end();
    return r;
}

PUBLIC int unlink(const char *path)
{
    return unlink_any(AT_FDCWD, path, 0);
}

PUBLIC int unlinkat(int folder, const char *path, int flags)
{
    return unlink_any(folder, path, flags);
}

PUBLIC int rmdir(const char *path)
{
    return unlink_any(AT_FDCWD, path, AT_REMOVEDIR);
}

PUBLIC int remove(const char *path)
{
    int r = unlink_any(AT_FDCWD, path, 0);

    return r < 0 && errno == EISDIR ? rmdir(path) : r;
}

static int link_any(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    char name[PATH_MAX];
    int r;

    if (!cut_recording() || !cut_name_of(to_folder, to, name))
        return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    cut_begin();
    r = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (r == 0)
        record_name(CUT_LINK, name_flags(name), file_of(to_folder, to), from, name);
    cut_end();
    return r;
}

PUBLIC int link(const char *from, const char *to)
{
    return link_any(AT_FDCWD, from, AT_FDCWD, to, 0);
}

PUBLIC int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    return link_any(from_folder, from, to_folder, to, flags);
}

static int folder_make(int folder, const char *path, mode_t mode)
{
    char name[PATH_MAX];
    int r;

    if (!cut_recording() || !cut_name_of(folder, path, name))
        return (int)syscall(SYS_mkdirat, folder, path, mode);
    cut_begin();
    r = (int)syscall(SYS_mkdirat, folder, path, mode);
    if (r == 0)
        record_name(CUT_MAKE_FOLDER, CUT_IS_FOLDER, file_of(folder, path), name, NULL);
    cut_end();
    return r;
}

PUBLIC int mkdir(const char *path, mode_t mode)
{
    return folder_make(AT_FDCWD, path, mode);
}

PUBLIC int mkdirat(int folder, const char *path, mode_t mode)
{
    return folder_make(folder, path, mode);
}
