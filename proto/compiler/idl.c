#include "idl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int idl_error(struct idl_place place, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d:%d: ", place.file, place.line, place.column);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return -1;
}

int idl_out_of_memory(void)
{
    fputs("varlink-compile: out of memory\n", stderr);
    return -1;
}

char *idl_snake(struct arena *arena, const char *name)
{
    size_t size = strlen(name);
    char *snake = arena_alloc(arena, 2 * size + 1);
    size_t at = 0;

    if (!snake)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        bool upper = isupper((unsigned char)name[i]);
        bool starts = upper && i > 0 &&
                      (!isupper((unsigned char)name[i - 1]) || islower((unsigned char)name[i + 1]));

        if (starts)
            snake[at++] = '_';
        snake[at++] = (char)tolower((unsigned char)name[i]);
    }
    return snake;
}
