/*
 * answers: what a JSON answer holds, in the words of a test.
 *
 * A path names a place: "run.last_seq", "events[3].payload". Each function fails the test, showing
 * the answer, when the place is missing or is of another type. Numbers are read through doubles:
 * tests of exactness look at the bytes instead.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The place, or NULL where the answer has none. */
const cJSON *answer_find(const cJSON *answer, const char *path);
const cJSON *answer_at(const cJSON *answer, const char *path);
const char *answer_text(const cJSON *answer, const char *path);
int64_t answer_int(const cJSON *answer, const char *path);
bool answer_bool(const cJSON *answer, const char *path);
/* Elements of an array. */
int answer_count(const cJSON *answer, const char *path);
void answer_lacks(const cJSON *answer, const char *path);

/* Every member that `format` (JSON, ' for ") gives is there with the same value; members it does
 * not give are not looked at; arrays have the same length. */
void answer_matches(const cJSON *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, told instead of demanded. */
bool answer_holds(const cJSON *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Both hold the same, order of members aside. */
bool answer_equals(const cJSON *a, const cJSON *b);
/* A canonical time, 2026-01-20T14:30:52.123456Z. */
void answer_is_time(const cJSON *answer, const char *path);
