#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_broken(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
    uint8_t byte = input->size > 0 ? *input->data : 0;

    if (input->size > 0) {
        input->data++;
        input->size--;
    }
    return byte;
}

/* Each piece is an allocation of its own, so that AddressSanitizer sees its end. */
static char *piece_take(struct fuzz_input *input, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy)
        abort();
    memcpy(copy, input->data, size);
    copy[size] = '\0';
    input->data += size;
    input->size -= size;
    return copy;
}

char *fuzz_text(struct fuzz_input *input, size_t *ret_size)
{
    const uint8_t *end = input->size > 0 ? memchr(input->data, 0xff, input->size) : NULL;
    char *text;

    *ret_size = end ? (size_t)(end - input->data) : input->size;
    text = piece_take(input, *ret_size);
    fuzz_byte(input);
    return text;
}

char *fuzz_rest(struct fuzz_input *input, size_t *ret_size)
{
    *ret_size = input->size;
    return piece_take(input, input->size);
}
