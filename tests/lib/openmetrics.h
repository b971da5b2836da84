/*
 * openmetrics: a strict reader of the OpenMetrics 1.0 text format, for what a test was given.
 *
 * Knows nothing of the project's own code, nor of anything but texts: it is written from the
 * format's specification. What a lenient reader would let pass (a blank too many, a suffix that
 * does not fit the type, a histogram that does not add up) is a fault here.
 */
#pragma once

#include <stdbool.h>

/* What is wrong with the text, with the line it is in; NULL where nothing is. Valid until the next
 * call. */
const char *openmetrics_fault(const char *text);

/* The value of a sample, spelled as it stands in the text, labels included; false when there is
 * none. */
bool openmetrics_value(const char *text, const char *sample, double *ret_value);
