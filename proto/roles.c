#include "roles.h"

#include <stddef.h>
#include <string.h>

#define ROLE(name, role)                                                                           \
    {                                                                                              \
        "dev.historyd." name, role                                                                 \
    }

/* Who may call what; the most frequent first. */
static const struct {
    const char *method;
    enum role role;
} roles[] = {
    ROLE("history.AppendEvents", ROLE_RECORD),
    ROLE("history.UpdateRun", ROLE_RECORD),
    ROLE("history.Ping", ROLE_ANYBODY),
    ROLE("history.GetRun", ROLE_READ),
    ROLE("history.ListEvents", ROLE_READ),
    ROLE("history.ListRuns", ROLE_READ),
    ROLE("history.GetGraph", ROLE_READ),
    ROLE("history.GetStatus", ROLE_READ),
    ROLE("history.GetMetrics", ROLE_READ),
    ROLE("history.Watch", ROLE_READ),
    ROLE("history.CreateRun", ROLE_RECORD),
    ROLE("history.CompleteRun", ROLE_RECORD),
    ROLE("history.StopRun", ROLE_RECORD),
    ROLE("history.ResumeRun", ROLE_RECORD),
    ROLE("history.PutGraph", ROLE_RECORD),
    ROLE("admin.Backup", ROLE_ADMINISTER),
    ROLE("history.PinRun", ROLE_RECORD),
    ROLE("admin.DeleteRuns", ROLE_ADMINISTER),
    ROLE("admin.ApplyRetention", ROLE_ADMINISTER),
    ROLE("admin.Checkpoint", ROLE_ADMINISTER),
    ROLE("admin.CheckIntegrity", ROLE_ADMINISTER),
    ROLE("admin.Reload", ROLE_ADMINISTER),
    ROLE("admin.Redact", ROLE_ADMINISTER),
    {"org.varlink.service.GetInfo", ROLE_ANYBODY},
    {"org.varlink.service.GetInterfaceDescription", ROLE_ANYBODY},
};

const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_ANYBODY:
        return "anybody";
    case ROLE_READ:
        return "read";
    case ROLE_RECORD:
        return "record";
    case ROLE_ADMINISTER:
        return "administer";
    }
    return "";
}

bool role_of_method(const char *method, enum role *ret_role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(roles[i].method, method) == 0) {
            *ret_role = roles[i].role;
            return true;
        }
    return false;
}
