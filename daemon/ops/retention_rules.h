/*
 * retention_rules: the settings of [retention] as what a pass selects by.
 */
#pragma once

#include "remover.h"
#include "settings.h"

/* At a moment in microseconds of the wall clock. */
struct removal_rules retention_rules(const struct settings *settings, int64_t now_us);
