#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "tables.h"

struct backup_settings {
    struct option_number keep;
};

static const struct option_rule backup_options[] = {
    {"keep", 'k', OPTION_AMOUNT, "N", "then keep only the newest N backups without a name given",
     offsetof(struct backup_settings, keep), NULL, NULL},
};

struct backup {
    struct ctl *ctl;
    bool progress; /* somebody looks on */
    int exit_code;
};

static void backup_print(struct backup *backup, const struct hd_backup_result *result)
{
    struct output *out = &backup->ctl->out;

    output_escaped(out, result->path ? result->path : result->name);
    output_format(out, ": %" PRId64 " pages", result->pages_done);
    if (result->has_bytes)
        output_format(out, ", %.1f MiB", (double)result->bytes / (1 << 20));
    if (result->has_removed && result->removed > 0)
        output_format(out, "; removed %" PRId64 " older", result->removed);
    output_text(out, "\n");
}

static int backup_reply(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    struct backup *backup = userdata;
    const struct hd_backup_result *result = reply->result;

    (void)client;
    if (reply->status != 0 || !result)
        return 0;
    if (reply->continues) {
        if (backup->progress)
            fprintf(stderr, "\r%" PRId64 " of %" PRId64 " pages", result->pages_done,
                    result->pages_total);
        return 0;
    }
    if (backup->progress)
        fprintf(stderr, "\r\033[K");
    if (backup->ctl->options.json)
        backup->exit_code = ctl_print_result(backup->ctl, &hd_backup_result_table, result);
    else
        backup_print(backup, result);
    return 0;
}

static int backup_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct backup_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct backup backup = {.ctl = ctl, .progress = !ctl->options.json && isatty(STDERR_FILENO)};
    struct hd_backup_params params = {
        .name = argc ? argv[0] : NULL, .has_keep = wanted->keep.given, .keep = wanted->keep.value};
    struct buffer text = BUFFER_INIT;
    int r;

    if (!client)
        return CTL_FAILURE;
    /* Answers come while it is at it, but its last steps may take as long as the disk does. */
    if (!ctl->options.timeout.given)
        hd_client_set_timeout(client, 0);
    codec_write(&hd_backup_params_table, &params, &text);
    buffer_append_char(&text, '\0');
    if (text.failed) {
        buffer_clear(&text);
        return ctl_fail_memory();
    }
    r = hd_client_call(client, "dev.historyd.admin.Backup", text.data, HD_CALL_MORE, backup_reply,
                       &backup);
    buffer_clear(&text);
    return r == 0 ? backup.exit_code : ctl_fail(ctl, r);
}

const struct command command_backup = {
    .name = "backup",
    .arguments = "[NAME]",
    .summary = "Copy the database to the daemon's backup folder, while it records",
    .details = "The file appears under its name when it is whole and on the disk. NAME is a plain "
               "file name; without\none the time is the name. For administrators.\n",
    COMMAND_OPTIONS(backup_options),
    .settings_size = sizeof(struct backup_settings),
    .most = 1,
    .run = backup_run,
};
