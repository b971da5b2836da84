#include "settings.h"

#include <stdlib.h>

struct settings *settings_new(const struct settings *given)
{
    struct settings *settings = malloc(sizeof(*settings));

    if (!settings)
        return NULL;
    *settings = *given;
    settings->users = 1;
    return settings;
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
    redaction_free(settings->redaction);
    free(settings);
}
