#include "text_columns.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"

void columns_open(struct columns *columns, const struct column *list, size_t n_columns)
{
    *columns = (struct columns){.columns = list, .n_columns = n_columns, .arena = ARENA_INIT};
}

void columns_close(struct columns *columns)
{
    arena_clear(&columns->arena);
    free(columns->cells);
    columns->cells = NULL;
}

static struct cell *columns_next(struct columns *columns)
{
    if (columns->n_cells == columns->capacity) {
        size_t capacity = columns->capacity ? columns->capacity * 2 : 64;
        struct cell *cells = reallocarray(columns->cells, capacity, sizeof(*cells));

        if (!cells)
            return NULL;
        columns->cells = cells;
        columns->capacity = capacity;
    }
    return &columns->cells[columns->n_cells++];
}

void columns_add(struct columns *columns, enum style style, const char *text)
{
    struct buffer escaped = BUFFER_INIT;
    struct cell *cell = columns_next(columns);
    char *copy = NULL;

    if (text)
        display_escape(&escaped, text, strlen(text));
    if (cell && !escaped.failed)
        copy = arena_copy(&columns->arena, escaped.data ? escaped.data : "", escaped.size);
    if (copy)
        *cell = (struct cell){copy, escaped.size, display_width(copy, escaped.size), style};
    else
        columns->failed = true;
    buffer_clear(&escaped);
}

void columns_format(struct columns *columns, enum style style, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int size;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0) {
        columns->failed = true;
        return;
    }
    columns_add(columns, style, text);
    free(text);
}

static void columns_pad(struct output *output, size_t n)
{
    while (n-- > 0)
        output_bytes(output, " ", 1);
}

static void columns_print_cell(const struct column *column, const struct cell *cell, size_t width,
                               bool last, struct output *output, bool colour)
{
    if (column->right)
        columns_pad(output, width - cell->width);
    output_text(output, style_begin(cell->style, colour));
    output_bytes(output, cell->text, cell->size);
    output_text(output, style_end(cell->style, colour));
    if (!last)
        columns_pad(output, (column->right ? 0 : width - cell->width) + 2);
}

/* No blanks at the end of a line: after the last cell that holds something, nothing is filled up.
 */
static void columns_print_row(const struct columns *columns, const struct cell *cells,
                              const size_t *widths, struct output *output, bool colour)
{
    size_t n = columns->n_columns;

    while (n > 1 && cells[n - 1].size == 0)
        n--;
    for (size_t i = 0; i < n; i++)
        columns_print_cell(&columns->columns[i], &cells[i], widths[i], i + 1 == n, output, colour);
    output_text(output, "\n");
}

static void columns_print_headings(const struct columns *columns, const size_t *widths,
                                   struct output *output, bool colour)
{
    for (size_t i = 0; i < columns->n_columns; i++) {
        const char *heading = columns->columns[i].heading;
        struct cell cell = {heading, strlen(heading), strlen(heading), STYLE_HEADING};

        columns_print_cell(&columns->columns[i], &cell, widths[i], i + 1 == columns->n_columns,
                           output, colour);
    }
    output_text(output, "\n");
}

int columns_print(struct columns *columns, bool headings, struct output *output, bool colour)
{
    size_t n = columns->n_columns;
    size_t *widths = calloc(n, sizeof(*widths));

    if (!widths || columns->failed) {
        free(widths);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        widths[i] = strlen(columns->columns[i].heading);
    for (size_t i = 0; i < columns->n_cells; i++)
        if (columns->cells[i].width > widths[i % n])
            widths[i % n] = columns->cells[i].width;
    if (headings)
        columns_print_headings(columns, widths, output, colour);
    for (size_t i = 0; i + n <= columns->n_cells; i += n)
        columns_print_row(columns, &columns->cells[i], widths, output, colour);
    free(widths);
    return 0;
}
