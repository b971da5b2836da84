/*
 * ninja_import: `historyctl import ninja`, in its two forms.
 */
#pragma once

#include "ctl.h"

struct ninja_settings {
    const char *repo;
    const char *log;
    const char *graph;
    const char *output;
    bool last;
    bool build;
};

/* The names a build folder goes by. */
struct ninja_place {
    const char *given;     /* as typed: what files are looked for in */
    const char *build_dir; /* real path where it exists: what ids are made from */
    const char *repo_path;
    char resolved[PATH_MAX];
    char resolved_repo[PATH_MAX];
};
void ninja_place_open(struct ninja_place *place, const char *build_dir, const char *repo);

/* Imports the builds of a log. Returns the exit code. */
int ninja_import_log(struct ctl *ctl, const struct ninja_settings *settings,
                     const struct ninja_place *place);

/* Runs Ninja with `arguments` (ended by NULL) and records it. Returns Ninja's exit code. */
int ninja_import_build(struct ctl *ctl, const struct ninja_settings *settings,
                       const struct ninja_place *place, char *const *arguments);
