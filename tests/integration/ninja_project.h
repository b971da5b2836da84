/*
 * ninja_project: a folder that Ninja builds, in the test's own, and what is recorded of its builds.
 */
#pragma once

#include "program.h"
#include "scene.h"

/* Makes the folder `build` with this build.ninja and the sources a.txt, b.txt and g.txt. */
void project_make(const char *manifest);
const char *project_folder(void);

/* All runs, counted, the newest first. */
cJSON *project_runs(void);
/* The events of one of them; `filter` is more of the call's parameters, ' for ". */
cJSON *project_events(const cJSON *list, int run, const char *filter);
cJSON *project_graph(const cJSON *list, int run);
/* Units of the run that have an event of the type, sorted, each behind a blank. */
const char *project_units(const cJSON *list, int run, const char *type);
