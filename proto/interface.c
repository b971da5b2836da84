#include "interface.h"

#include <string.h>

const struct interface_description *interface_find(const char *name)
{
    for (size_t i = 0; i < n_interface_descriptions; i++)
        if (strcmp(interface_descriptions[i].name, name) == 0)
            return &interface_descriptions[i];
    return NULL;
}

const struct method_description *method_find(const char *name)
{
    for (size_t i = 0; i < n_method_descriptions; i++)
        if (strcmp(method_descriptions[i]->name, name) == 0)
            return method_descriptions[i];
    return NULL;
}

const struct error_description *error_find(const char *name)
{
    for (size_t i = 0; i < n_error_descriptions; i++)
        if (strcmp(error_descriptions[i].name, name) == 0)
            return &error_descriptions[i];
    return NULL;
}

const struct error_description *error_describe(enum hd_error_code code)
{
    for (size_t i = 0; i < n_error_descriptions; i++)
        if (error_descriptions[i].code == code)
            return &error_descriptions[i];
    return NULL;
}
