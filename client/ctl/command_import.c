#include "command.h"
#include "ninja_import.h"

static const struct option_rule import_options[] = {
    {"repo", 'r', OPTION_TEXT, "PATH", "the repository of the runs (default BUILD_DIR)",
     offsetof(struct ninja_settings, repo), .completion = "directory"},
    {"log", 0, OPTION_TEXT, "FILE", "the log (default BUILD_DIR/.ninja_log)",
     offsetof(struct ninja_settings, log), .completion = "file"},
    {"graph", 'g', OPTION_TEXT, "FILE", "what 'ninja -t graph' drew (default: Ninja is asked)",
     offsetof(struct ninja_settings, graph), .completion = "file"},
    {"output", 0, OPTION_TEXT, "FILE", "what Ninja printed in the last build: tells of failures",
     offsetof(struct ninja_settings, output), .completion = "file"},
    {"last", 0, OPTION_FLAG, NULL, "only the newest build in the log",
     offsetof(struct ninja_settings, last), NULL, NULL},
    {"build", 'b', OPTION_FLAG, NULL, "run ninja -C BUILD_DIR and record it as it runs",
     offsetof(struct ninja_settings, build), NULL, NULL},
};

static int import_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct ninja_settings *wanted = settings;
    struct ninja_place place;

    if (wanted->build && (wanted->output || wanted->last))
        return ctl_usage(ctl, "--build excludes --output and --last");
    if (!wanted->build && argc > 1)
        return ctl_usage(ctl, "too many arguments: '%.100s'; --build passes them to ninja",
                         argv[1]);
    ninja_place_open(&place, argv[0], wanted->repo);
    if (!ctl_client(ctl))
        return CTL_FAILURE;
    if (wanted->build)
        return ninja_import_build(ctl, wanted, &place, argv + 1);
    return ninja_import_log(ctl, wanted, &place);
}

const struct command command_import_ninja = {
    .name = "import ninja",
    .arguments = "BUILD_DIR [-- NINJA_ARGS...]",
    .summary = "Record builds of Ninja: past ones from its log, or one as it runs",
    .details =
        "A unit is a build edge that ran, named by its first output. Each build in the log becomes "
        "a run of\nits own; importing it again changes nothing. BUILD_DIR need not exist where "
        "--log and --graph name\nthe files. Ninja does not log edges that fail: --output FILE, "
        "what "
        "it printed, tells of them; without\nit a failed build looks like a smaller one that went "
        "well.\n\nWith --build, what follows BUILD_DIR goes to ninja, its output is passed on, and "
        "the exit code is ninja's;\nfailures are recorded with what they printed.\n",
    COMMAND_OPTIONS(import_options),
    .settings_size = sizeof(struct ninja_settings),
    .least = 1,
    .most = -1,
    .completion = "directory",
    .run = import_run,
};
