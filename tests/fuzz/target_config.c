/* The configuration file. What is refused names the file and a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config_keys.h"
#include "fuzz.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct config config;
    struct config_problem problem = {.message = ""};
    char path[64];
    int fd = memfd_create("historyd.conf", MFD_CLOEXEC);

    fuzz_demand(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no memory file");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fuzz_demand(config_init(&config) == 0, "out of memory");
    if (config_read(&config, path, true, &problem) < 0)
        fuzz_demand(strncmp(problem.message, path, strlen(path)) == 0 &&
                        strnlen(problem.message, sizeof(problem.message)) <
                            sizeof(problem.message) &&
                        !strchr(problem.message, '\n'),
                    "not a line that names the file: %s", problem.message);
    else
        for (size_t i = 0; i < n_config_keys; i++)
            if (config_keys[i].kind == CONFIG_NUMBER)
                fuzz_demand(*config_number(&config, &config_keys[i]) >= config_keys[i].least &&
                                *config_number(&config, &config_keys[i]) <= config_keys[i].most,
                            "%s is out of bounds", config_keys[i].name);
    config_clear(&config);
    close(fd);
}
