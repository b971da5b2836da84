#include <string.h>

#include "op.h"

const struct op_entry *op_find(const char *method)
{
    for (size_t i = 0; i < n_op_entries; i++)
        if (strcmp(op_entries[i].method->name, method) == 0)
            return &op_entries[i];
    return NULL;
}

/* A method that is in no row is for administrators. */
bool op_allowed(const struct op_entry *entry, unsigned int held, enum role *ret_needed)
{
    enum role role = ROLE_ADMINISTER;

    role_of_method(entry->method->name, &role);
    if (held & ROLE_BIT(role))
        return true;
    *ret_needed = role;
    return false;
}
