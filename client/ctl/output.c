#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "display.h"

enum { OUTPUT_CHUNK = 64 * 1024 };

void output_open(struct output *output, int fd)
{
    *output = (struct output){.fd = fd, .terminal = isatty(fd) == 1, .pending = BUFFER_INIT};
}

void output_close(struct output *output)
{
    buffer_clear(&output->pending);
}

int output_flush(struct output *output)
{
    size_t done = 0;

    if (output->pending.failed && !output->error)
        output->error = -ENOMEM;
    while (!output->error && done < output->pending.size) {
        ssize_t n = write(output->fd, output->pending.data + done, output->pending.size - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            output->error = -errno;
    }
    output->pending.size = 0;
    return output->error;
}

/* Called after each append: a long listing never gathers in memory. */
static void output_settle(struct output *output)
{
    if (output->pending.size >= OUTPUT_CHUNK || output->pending.failed)
        output_flush(output);
}

void output_bytes(struct output *output, const void *bytes, size_t size)
{
    buffer_append(&output->pending, bytes, size);
    output_settle(output);
}

void output_text(struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

void output_format(struct output *output, const char *format, ...)
{
    va_list arguments;
    char *room;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    room = buffer_reserve(&output->pending, (size_t)size + 1);
    if (room) {
        va_start(arguments, format);
        vsnprintf(room, (size_t)size + 1, format, arguments);
        va_end(arguments);
        output->pending.size += (size_t)size;
    }
    output_settle(output);
}

void output_escaped(struct output *output, const char *text)
{
    output_escaped_bytes(output, text, strlen(text));
}

void output_escaped_bytes(struct output *output, const char *text, size_t size)
{
    display_escape(&output->pending, text, size);
    output_settle(output);
}

void output_needs(struct output *output, const struct buffer *text)
{
    if (text->failed)
        output->pending.failed = true;
    output_settle(output);
}

void output_json(struct output *output, const char *json, size_t size)
{
    if (output->terminal)
        display_escape_json(&output->pending, json, size);
    else
        buffer_append(&output->pending, json, size);
    output_settle(output);
}
