#include "seq_trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static struct buffer trace;

void seq_trace_clear(void)
{
    trace.size = 0;
}

void seq_trace_free(void)
{
    buffer_clear(&trace);
}

void seq_trace(const char *what, const char *text, size_t size)
{
    buffer_append_text(&trace, what);
    buffer_append(&trace, text, size);
    buffer_append_char(&trace, '\n');
}

void seq_trace_show(void)
{
    fwrite(trace.data, 1, trace.size, stderr);
}

/* In place of the daemon's log: what it says is part of the sequence. */
void log_write(enum log_priority priority, const char *format, ...)
{
    char line[512];
    va_list arguments;

    (void)priority;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    seq_trace("# ", line, strlen(line));
}
