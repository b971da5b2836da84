/*
 * Putting an image into a folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut_image.h"

static int folder_empty(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    int r = 0;

    if (!entries)
        return -errno;
    while (r == 0 && (entry = readdir(entries))) {
        int below;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(folder, entry->d_name, 0) == 0)
            continue;
        below = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = below < 0 ? -errno : folder_empty(below);
        if (below >= 0)
            close(below);
        if (r == 0 && unlinkat(folder, entry->d_name, AT_REMOVEDIR) < 0)
            r = -errno;
    }
    closedir(entries);
    return r;
}

/* The folders above it that the image lacks hide it: so it is not there. */
static int file_put(int folder, const char *name, const struct cut_image_file *file)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t written = 0;
    int r = 0;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    while (r == 0 && written < file->size) {
        ssize_t size = write(fd, file->bytes + written, file->size - written);

        if (size < 0)
            r = -errno;
        else
            written += (size_t)size;
    }
    close(fd);
    return r;
}

/* Shorter names first: a folder is shorter than what is in it. */
static int folders_put(const struct cut_image *image, int folder)
{
    size_t longest = 0;

    for (size_t i = 0; i < image->names.n_names; i++) {
        size_t size = strlen(image->names.names[i].name);

        longest = size > longest ? size : longest;
    }
    for (size_t size = 1; size <= longest; size++)
        for (size_t i = 0; i < image->names.n_names; i++) {
            const struct cut_name *name = &image->names.names[i];

            if (name->object == CUT_FOLDER_OBJECT && strlen(name->name) == size &&
                mkdirat(folder, name->name, 0700) < 0 && errno != ENOENT)
                return -errno;
        }
    return 0;
}

int cut_image_write(const struct cut_image *image, const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r;

    if (folder < 0)
        return -errno;
    r = folder_empty(folder);
    if (r == 0)
        r = folders_put(image, folder);
    for (size_t i = 0; r == 0 && i < image->names.n_names; i++) {
        const struct cut_name *name = &image->names.names[i];

        if (name->object >= 0)
            r = file_put(folder, name->name, &image->files[name->object]);
    }
    close(folder);
    return r;
}
