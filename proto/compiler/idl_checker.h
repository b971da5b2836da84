/*
 * idl_checker: what a parsed tree must fulfil before C can be made of it.
 */
#pragma once

#include "idl.h"

/* Resolves types, numbers the errors and refuses whatever would not compile or would mean two
 * things: unknown types, double names, C keywords, types that hold themselves. Returns 0, or -1
 * with the message printed. */
int idl_check(struct idl *idl);
