#include <string.h>

#include "op.h"

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

const struct op_entry *op_find(const char *method)
{
    for (size_t i = 0; i < n_op_entries; i++)
        if (strcmp(op_entries[i].method->name, method) == 0)
            return &op_entries[i];
    return NULL;
}

bool op_role(const char *method, enum role *ret_role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(roles[i].method, method) == 0) {
            *ret_role = roles[i].role;
            return true;
        }
    return false;
}

/* A method that is in no row is for administrators. */
bool op_allowed(const struct op_entry *entry, unsigned int held, enum role *ret_needed)
{
    enum role role = ROLE_ADMINISTER;

    op_role(entry->method->name, &role);
    if (held & ROLE_BIT(role))
        return true;
    *ret_needed = role;
    return false;
}
