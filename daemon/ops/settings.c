#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"

struct settings *settings_new(const struct settings *given)
{
    struct settings *settings = malloc(sizeof(*settings));

    if (!settings)
        return NULL;
    *settings = *given;
    settings->users = 1;
    settings->backup_folder = given->backup_folder ? strdup(given->backup_folder) : NULL;
    if (!given->backup_folder || settings->backup_folder)
        return settings;
    free(settings);
    return NULL;
}

struct settings *settings_use(struct settings *settings)
{
    settings->users++;
    return settings;
}

void settings_leave(struct settings *settings)
{
    if (!settings || --settings->users > 0)
        return;
    free(settings->backup_folder);
    redaction_free(settings->redaction);
    access_free(settings->access);
    free(settings);
}
