/*
 * fuzz_files: a target over the files of a corpus.
 */
#pragma once

#include <stddef.h>

/* Runs the target over a file, or all files of a folder by their names. Returns how many. */
size_t fuzz_files(const char *path);
