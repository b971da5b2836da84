#include "fault_place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *fault_kind_name(enum fault_kind kind)
{
    static const char *const names[FAULT_KINDS] = {
        "none", "sync",   "write",  "read",       "truncate", "open", "name",
        "map",  "memory", "thread", "descriptor", "accept",   "send"};

    return names[kind];
}

const char *fault_error_name(int error)
{
    return error == FAULT_SHORT ? "short" : strerrorname_np(error);
}

void fault_case_describe(const struct fault_case *fault, char *text, size_t size)
{
    char stack[32] = "";

    if (fault->stack != 0)
        snprintf(stack, sizeof(stack), " --stack %016lx", fault->stack);
    snprintf(text, size, "--kind %s --error %s%s --from %ld%s", fault_kind_name(fault->kind),
             fault_error_name(fault->error), stack, fault->from,
             fault->forever ? " --forever" : "");
}

static int config_write(const struct fault_place *place, const char *config)
{
    FILE *file = fopen(place->config, "we");

    if (!file)
        return -1;
    fputs(config, file);
    return fclose(file);
}

int fault_place_make(struct fault_place *place, const char *base, const char *config)
{
    int fd;

    *place = (struct fault_place){.orders = MAP_FAILED};
    snprintf(place->folder, sizeof(place->folder), "%s/disk", base);
    snprintf(place->database, sizeof(place->database), "%s/history.db", place->folder);
    snprintf(place->socket, sizeof(place->socket), "%s/socket", base);
    snprintf(place->config, sizeof(place->config), "%s/config", base);
    snprintf(place->log, sizeof(place->log), "%s/log", base);
    snprintf(place->orders_path, sizeof(place->orders_path), "%s/orders", base);
    if (mkdir(base, 0700) < 0 || mkdir(place->folder, 0700) < 0 || config_write(place, config) < 0)
        return -1;
    fd = open(place->orders_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, sizeof(*place->orders)) == 0)
        place->orders =
            mmap(NULL, sizeof(*place->orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return place->orders == MAP_FAILED ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    (void)status;
    if (ftw->level == 0)
        return 0;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

void fault_place_empty(const struct fault_place *place)
{
    nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    unlink(place->socket);
    unlink(place->log);
}

void fault_place_remove(struct fault_place *place)
{
    fault_place_empty(place);
    munmap(place->orders, sizeof(*place->orders));
    unlink(place->config);
    unlink(place->orders_path);
    rmdir(place->folder);
    *strrchr(place->folder, '/') = '\0';
    rmdir(place->folder);
}
