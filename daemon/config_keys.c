#include "config_keys.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "redact.h"

static const char *const config_syncs[] = {"full", "normal", NULL};
static const char *const config_redactions[] = {"off", "secrets", "allow-list", NULL};

#define KEY(section_, name_, kind_, member, ...)                                                   \
    {                                                                                              \
        .section = section_, .name = name_, .kind = kind_,                                         \
        .offset = offsetof(struct config, member), __VA_ARGS__                                     \
    }
#define TEXT(section, name, lowest, highest, member)                                               \
    KEY(section, name, CONFIG_TEXT, member, .least = lowest, .most = highest)
#define NAMES(section, name, member)                                                               \
    KEY(section, name, CONFIG_TEXT, member, .most = 20000, .valid = redact_names_valid,            \
        .valid_words =                                                                             \
            "at most 256 names of two or more letters and digits, with '_', '-' and '.' "          \
            "among them and a letter at the end")
#define PEOPLE(section, name, member)                                                              \
    KEY(section, name, CONFIG_TEXT, member, .most = 4096, .check = access_check)
#define NUMBER(section, name, lowest, highest, member)                                             \
    KEY(section, name, CONFIG_NUMBER, member, .least = lowest, .most = highest)
#define MODE(section, name, lowest, highest, member)                                               \
    KEY(section, name, CONFIG_MODE, member, .least = lowest, .most = highest)
#define CHOICE(section, name, values, member)                                                      \
    KEY(section, name, CONFIG_CHOICE, member, .choices = values)

const struct config_key config_keys[] = {
    TEXT("daemon", "socket", 1, 107, socket),
    MODE("daemon", "socket_mode", 0, 0777, socket_mode),
    TEXT("daemon", "database", 1, 4096, database),
    CHOICE("store", "synchronous", config_syncs, normal_sync),
    NUMBER("store", "readers", 1, 16, readers),
    NUMBER("store", "cache_kib", 1024, 16777216, cache_kib),
    NUMBER("store", "checkpoint_pages", 100, 1000000, checkpoint_pages),
    NUMBER("store", "journal_kib", 1024, 1048576, journal_kib),
    NUMBER("limits", "message", 65536, 268435456, limits.message),
    NUMBER("limits", "depth", 8, 512, limits.depth),
    NUMBER("limits", "values", 1000, 10000000, limits.values),
    NUMBER("limits", "events", 1, 100000, limits.events),
    NUMBER("limits", "payload", 2, 268435456, limits.payload),
    NUMBER("limits", "error", 1, 268435456, limits.error),
    NUMBER("limits", "type", 1, 4096, limits.type),
    NUMBER("limits", "unit", 1, 65536, limits.unit),
    NUMBER("limits", "label", 1, 65536, limits.label),
    NUMBER("limits", "reason", 1, 65536, limits.reason),
    NUMBER("limits", "path", 1, 65536, limits.path),
    NUMBER("limits", "nodes", 1, 10000000, limits.nodes),
    NUMBER("limits", "edges", 1, 10000000, limits.edges),
    NUMBER("limits", "connections", 1, 1000000, connections),
    NUMBER("limits", "calls", 1, 100000, calls),
    NUMBER("limits", "message_ms", 100, 3600000, message_ms),
    NUMBER("limits", "send_ms", 100, 3600000, send_ms),
    PEOPLE("access", "read", access_read),
    PEOPLE("access", "record", access_record),
    PEOPLE("access", "administer", access_administer),
    NUMBER("quotas", "connections", 1, 1000000, quotas.connections),
    NUMBER("quotas", "calls", 1, 1000000, quotas.calls),
    NUMBER("quotas", "bytes", 65536, 17179869184, quotas.bytes),
    NUMBER("quotas", "events_per_s", 0, 1000000000, quotas.events_per_s),
    CHOICE("redaction", "mode", config_redactions, redaction_mode),
    NAMES("redaction", "keys", redaction_keys),
    NAMES("redaction", "allow", redaction_allow),
    NUMBER("retention", "days", 0, 36500, retention.days),
    NUMBER("retention", "runs_per_repo", 0, 1000000000, retention.runs_per_repo),
    NUMBER("retention", "database_mib", 0, 1000000000, retention.database_mib),
    NUMBER("retention", "interval_s", 1, 2678400, retention.interval_s),
    NUMBER("retention", "lost_after_s", 0, 2678400, retention.lost_after_s),
    TEXT("backup", "folder", 1, 4000, backup_folder),
    TEXT("metrics", "file", 0, 4000, metrics_file),
    NUMBER("metrics", "interval_s", 1, 86400, metrics_interval_s),
};

_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_KEYS_MOST,
               "a reader has room for each key");
const size_t n_config_keys = sizeof(config_keys) / sizeof(config_keys[0]);

char **config_text(struct config *config, const struct config_key *key)
{
    return (char **)(void *)((char *)config + key->offset);
}

int64_t *config_number(struct config *config, const struct config_key *key)
{
    return (int64_t *)(void *)((char *)config + key->offset);
}

bool config_is_live(const struct config_key *key)
{
    return strcmp(key->section, "daemon") != 0 && strcmp(key->section, "store") != 0;
}

int config_init(struct config *config)
{
    *config = (struct config){
        .socket_mode = 0660,
        .readers = 2,
        .cache_kib = 65536,
        .checkpoint_pages = 2500,
        .journal_kib = 65536,
        .limits = limits_default,
        .connections = 10240,
        .calls = 1024,
        .message_ms = 30000,
        .send_ms = 30000,
        .quotas = {.connections = 7680, .calls = 4096, .bytes = 128 << 20, .events_per_s = 0},
        .redaction_mode = REDACT_SECRETS,
        .retention = {.days = 90, .interval_s = 3600, .lost_after_s = 60},
        .metrics_interval_s = 15,
    };
    if (config_set(&config->access_read, "*") < 0 || config_set(&config->access_record, "*") < 0 ||
        config_set(&config->access_administer, "") < 0 ||
        config_set(&config->redaction_keys, "") < 0 ||
        config_set(&config->redaction_allow, redact_default_allow) < 0 ||
        config_set(&config->metrics_file, "") < 0)
        return -1;
    return 0;
}

void config_clear(struct config *config)
{
    for (size_t i = 0; i < n_config_keys; i++)
        if (config_keys[i].kind == CONFIG_TEXT) {
            free(*config_text(config, &config_keys[i]));
            *config_text(config, &config_keys[i]) = NULL;
        }
}
