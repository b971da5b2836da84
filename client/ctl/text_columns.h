/*
 * text_columns: rows of text aligned under headings.
 *
 * The caller adds cells from left to right, top to bottom; widths are counted in terminal columns
 * once all are known. Cells are escaped as they are added. One thread.
 */
#pragma once

#include "arena.h"
#include "output.h"
#include "style.h"

struct column {
    const char *heading;
    bool right; /* numbers */
};

struct cell {
    const char *text;
    size_t size;
    size_t width;
    enum style style;
};

struct columns {
    const struct column *columns;
    size_t n_columns;
    struct arena arena; /* the texts */
    struct cell *cells;
    size_t n_cells;
    size_t capacity;
    bool failed; /* out of memory; columns_print() says so */
};

void columns_open(struct columns *columns, const struct column *list, size_t n_columns);
void columns_close(struct columns *columns);

/* Adds the next cell; NULL is an empty one. */
void columns_add(struct columns *columns, enum style style, const char *text);
void columns_format(struct columns *columns, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the headings, if wanted, and the rows. Returns 0 or -ENOMEM. */
int columns_print(struct columns *columns, bool headings, struct output *output, bool colour);
