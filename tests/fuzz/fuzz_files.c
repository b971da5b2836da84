#include "fuzz_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    uint8_t *data;
    size_t size;

    fuzz_demand(file && fstat(fileno(file), &status) == 0, "cannot read %s", path);
    data = malloc((size_t)status.st_size + 1);
    fuzz_demand(data, "out of memory");
    size = fread(data, 1, (size_t)status.st_size, file);
    fclose(file);
    fuzz_one(data, size);
    free(data);
}

size_t fuzz_files(const char *path)
{
    struct dirent **entries;
    char inner[4096];
    size_t n_inputs = 0;
    int n = scandir(path, &entries, NULL, alphasort);

    if (n < 0) {
        run_file(path);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
            run_file(inner);
            n_inputs++;
        }
        free(entries[i]);
    }
    free(entries);
    return n_inputs;
}
