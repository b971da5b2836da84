#include <string.h>
#include <unistd.h>

#include "op.h"

static const char admin_interface[] = "dev.historyd.admin";

const struct op_entry *op_find(const char *method)
{
    for (size_t i = 0; i < n_op_entries; i++)
        if (strcmp(op_entries[i].method->name, method) == 0)
            return &op_entries[i];
    return NULL;
}

/* Everyone who may connect may read and record; the socket's permissions say who that is. */
bool op_allowed(const struct op_entry *entry, uid_t uid)
{
    if (strcmp(entry->method->interface, admin_interface) != 0)
        return true;
    return uid == 0 || uid == geteuid();
}
