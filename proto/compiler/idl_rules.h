/*
 * idl_rules: fields.rules, joined to the fields of the tree.
 *
 * A line is `Scope.field rule`: the scope is a type or a method (its parameters are meant), or `*`
 * for every type and method that has such a field and no line of its own. Lines that begin with `#`
 * and empty lines are passed over.
 */
#pragma once

#include "idl.h"

/* Returns 0, or -1 with the message printed: for a rule that does not exist, that does not fit the
 * field's type, or that no field has. */
int idl_rules_read(struct idl *idl, const char *file, const char *text);
