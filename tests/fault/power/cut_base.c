/*
 * Making a trace: an empty one, and what its folder holds already.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut_trace.h"

static int base_add(struct cut_trace *trace, const char *name);

static int base_add_file(struct cut_trace *trace, const char *path, const char *name,
                         const struct stat *status)
{
    size_t size = (size_t)status->st_size;
    struct cut_entry entry = {
        .kind = CUT_BASE_FILE, .file = status->st_ino, .name = name, .data_size = size};
    void *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (size > 0)
        bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return -errno;
    entry.data = bytes;
    cut_trace_append(trace, &entry);
    if (size > 0)
        munmap(bytes, size);
    return 0;
}

static int base_add_folder(struct cut_trace *trace, const char *path, const char *name)
{
    DIR *folder = opendir(path);
    struct dirent *found;
    int r = 0;

    if (!folder)
        return -errno;
    while (r == 0 && (found = readdir(folder))) {
        char below[PATH_MAX];

        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof(below), "%s%s%s", name, name[0] ? "/" : "", found->d_name) >=
            (int)sizeof(below))
            r = -ENAMETOOLONG;
        else
            r = base_add(trace, below);
    }
    closedir(folder);
    return r;
}

static int base_add(struct cut_trace *trace, const char *name)
{
    char path[PATH_MAX];
    struct stat status;

    if (snprintf(path, sizeof(path), "%s/%s", trace->header->folder, name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    if (lstat(path, &status) < 0)
        return -errno;
    if (S_ISREG(status.st_mode))
        return base_add_file(trace, path, name, &status);
    if (!S_ISDIR(status.st_mode))
        return 0; /* sockets, pipes: nothing that lasts */
    cut_trace_append(trace, &(struct cut_entry){.kind = CUT_BASE_FOLDER,
                                                .flags = CUT_IS_FOLDER,
                                                .file = status.st_ino,
                                                .name = name});
    return base_add_folder(trace, path, name);
}

int cut_trace_create(const char *path, const char *folder, const char *scratch, uint64_t capacity,
                     struct cut_trace *ret_trace)
{
    char canonical[PATH_MAX];
    struct cut_trace trace;
    int r;

    if (!realpath(folder, canonical))
        return -errno;
    if (strlen(canonical) >= CUT_FOLDER_MOST || (scratch && strlen(scratch) >= CUT_SCRATCH_MOST))
        return -ENAMETOOLONG;
    r = cut_trace_make(path, capacity, &trace);
    if (r < 0)
        return r;
    strcpy(trace.header->folder, canonical);
    strcpy(trace.header->scratch, scratch ? scratch : "");
    r = base_add_folder(&trace, canonical, "");
    if (r == 0 && trace.header->broken)
        r = -ENOSPC;
    if (r < 0)
        cut_trace_close(&trace);
    else
        *ret_trace = trace;
    return r;
}

int cut_trace_power(struct cut_trace *trace)
{
    int r;

    cut_trace_lock(trace);
    cut_trace_append(trace, &(struct cut_entry){.kind = CUT_POWER});
    r = base_add_folder(trace, trace->header->folder, "");
    cut_trace_unlock(trace);
    return r == 0 && trace->header->broken ? -ENOSPC : r;
}
