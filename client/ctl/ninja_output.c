#include "ninja_output.h"

#include <errno.h>
#include <string.h>

#include "display.h"

enum { NINJA_LINE_MOST = 256 * 1024, NINJA_ERROR_MOST = 48 * 1024, NINJA_COMMAND_MOST = 16 * 1024 };

static const char ninja_failed[] = "FAILED: ";

void ninja_output_open(struct ninja_output *output, ninja_failure_callback callback, void *userdata)
{
    *output = (struct ninja_output){.callback = callback, .userdata = userdata};
}

void ninja_output_close(struct ninja_output *output)
{
    buffer_clear(&output->line);
    buffer_clear(&output->outputs);
    buffer_clear(&output->command);
    buffer_clear(&output->error);
}

static const char *ninja_buffer_text(struct buffer *buffer)
{
    buffer_append_char(buffer, '\0');
    return buffer->data;
}

/* Hands the failure under way over and forgets it. */
static int ninja_failure_done(struct ninja_output *output)
{
    struct ninja_failure failure = {.code = output->code};
    int r;

    if (output->expected == NINJA_TEXT)
        return 0;
    output->expected = NINJA_TEXT;
    if (output->error_cut)
        buffer_append_text(&output->error, "… (cut)");
    while (output->error.size && output->error.data[output->error.size - 1] == '\n')
        output->error.size--;
    failure.outputs_size = output->outputs.size;
    failure.outputs = ninja_buffer_text(&output->outputs);
    failure.command = ninja_buffer_text(&output->command);
    failure.error = ninja_buffer_text(&output->error);
    failure.before = output->finished - output->failed;
    if (failure.before < 0)
        failure.before = 0;
    if (output->outputs.failed || output->command.failed || output->error.failed)
        return -ENOMEM;
    r = output->callback(output->userdata, &failure);
    output->outputs.size = output->command.size = output->error.size = 0;
    output->error_cut = false;
    return r;
}

static size_t ninja_number(const char *text, size_t size, int64_t *ret_number)
{
    int64_t number = 0;
    size_t i;

    for (i = 0; i < size && i < 15 && text[i] >= '0' && text[i] <= '9'; i++)
        number = number * 10 + (text[i] - '0');
    *ret_number = number;
    return i;
}

/* "[3/10] …", with anything between the total and the bracket: $NINJA_STATUS may say more. */
static bool ninja_status_line(const char *line, size_t size, int64_t *ret_finished,
                              int64_t *ret_total)
{
    size_t at = 1;
    size_t digits;

    if (size < 5 || line[0] != '[')
        return false;
    while (at < size && line[at] == ' ')
        at++;
    digits = ninja_number(line + at, size - at, ret_finished);
    at += digits;
    if (digits == 0 || at >= size || line[at++] != '/')
        return false;
    digits = ninja_number(line + at, size - at, ret_total);
    at += digits;
    return digits > 0 && at < size && memchr(line + at, ']', size - at) != NULL;
}

/* "FAILED: out1 out2 ", and from Ninja 1.13 on "FAILED: [code=1] out1 out2 ". */
static void ninja_failure_begin(struct ninja_output *output, const char *text, size_t size)
{
    static const char code[] = "[code=";
    size_t skip = sizeof(code) - 1;

    output->expected = NINJA_COMMAND;
    output->failed++;
    output->code = -1;
    if (size > skip && memcmp(text, code, skip) == 0) {
        int64_t number;
        size_t digits = ninja_number(text + skip, size - skip, &number);

        if (digits && skip + digits < size && text[skip + digits] == ']') {
            output->code = number;
            skip += digits + 1;
            while (skip < size && text[skip] == ' ')
                skip++;
            text += skip;
            size -= skip;
        }
    }
    while (size && text[size - 1] == ' ')
        size--;
    display_repair(&output->outputs, text, size);
}

static void ninja_error_line(struct ninja_output *output, const char *line, size_t size)
{
    if (output->error.size + size > NINJA_ERROR_MOST) {
        output->error_cut = true;
        return;
    }
    if (output->error_cut)
        return;
    display_repair(&output->error, line, size);
    buffer_append_char(&output->error, '\n');
}

/* Drops colours and other sequences (ESC [ … letter) in place; returns the size left. */
static size_t ninja_strip(char *line, size_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < size; i++) {
        if (line[i] == '\x1b' && i + 1 < size && line[i + 1] == '[') {
            for (i += 2; i < size && (line[i] < '@' || line[i] > '~');)
                i++;
            continue;
        }
        line[kept++] = line[i];
    }
    return kept;
}

static int ninja_output_line(struct ninja_output *output)
{
    char *line = output->line.data;
    size_t size = ninja_strip(line, output->line.size);
    const char *back;
    int64_t finished, total;
    int r = 0;

    if (size && line[size - 1] == '\r')
        size--;
    /* A terminal's status line is written over itself. */
    back = size ? memrchr(line, '\r', size) : NULL;
    if (back) {
        size -= (size_t)(back + 1 - line);
        line += back + 1 - line;
    }
    if (ninja_status_line(line, size, &finished, &total)) {
        r = ninja_failure_done(output);
        output->finished = finished;
        output->total = total;
    } else if (size >= sizeof(ninja_failed) - 1 &&
               memcmp(line, ninja_failed, sizeof(ninja_failed) - 1) == 0) {
        r = ninja_failure_done(output);
        ninja_failure_begin(output, line + sizeof(ninja_failed) - 1,
                            size - (sizeof(ninja_failed) - 1));
    } else if (size >= 7 && memcmp(line, "ninja: ", 7) == 0) {
        r = ninja_failure_done(output);
    } else if (output->expected == NINJA_COMMAND) {
        display_repair(&output->command, line,
                       size < NINJA_COMMAND_MOST ? size : NINJA_COMMAND_MOST);
        output->expected = NINJA_ERROR;
    } else if (output->expected == NINJA_ERROR) {
        ninja_error_line(output, line, size);
    }
    output->line.size = 0;
    output->line_cut = false;
    return r;
}

int ninja_output_feed(struct ninja_output *output, const char *bytes, size_t size)
{
    while (size) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        int r;

        if (output->line.size + length > NINJA_LINE_MOST)
            output->line_cut = true;
        if (!output->line_cut)
            buffer_append(&output->line, bytes, length);
        if (output->line.failed)
            return -ENOMEM;
        if (!end)
            return 0;
        /* An empty first line has made no room yet. */
        if (!buffer_reserve(&output->line, 1))
            return -ENOMEM;
        r = ninja_output_line(output);
        if (r < 0)
            return r;
        bytes = end + 1;
        size -= length + 1;
    }
    return 0;
}

int ninja_output_end(struct ninja_output *output)
{
    int r = output->line.size ? ninja_output_line(output) : 0;

    return r < 0 ? r : ninja_failure_done(output);
}
