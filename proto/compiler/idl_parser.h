/*
 * idl_parser: one .varlink file into the tree of idl.h.
 */
#pragma once

#include "idl.h"

/* Parses `text` and appends the interface to `idl`. The text must outlive it. What Varlink allows
 * and this compiler does not support is refused here. Returns 0, or -1 with the message printed. */
int idl_parse(struct idl *idl, const char *file, const char *text, size_t size);
