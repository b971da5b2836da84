/*
 * sample: JSON texts that fit a table, made field by field.
 */
#pragma once

#include "buffer.h"
#include "codec.h"

/* Appends an object with every field of the table, or with the required ones only. What is made is
 * in the form that codec_write() writes: fields in order, times canonical. */
void sample_write(struct buffer *buffer, const struct table *table, bool everything);
