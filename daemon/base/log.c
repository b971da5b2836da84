#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE = 2048, LOG_PEER_LINES = 10 };

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static bool log_to_journal;

void log_open(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    log_to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
                     fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
    if (log_to_journal)
        journal_open(JOURNAL_SOCKET);
}

/* Bytes of the character at `text` that may be shown as it is: 0 for controls, marks that turn the
 * direction of writing, and what is not UTF-8 (RFC 3629). */
static size_t log_shown(const unsigned char *text)
{
    size_t size = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    uint32_t code = size == 1 ? text[0] : text[0] & (0x7fu >> size);
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if ((text[0] >= 0x80 && text[0] < 0xc2) || text[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < least[size] || code < 0x20 || (code >= 0x7f && code < 0xa0) || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000) || code == 0x200e || code == 0x200f ||
        (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
        return 0;
    return size;
}

/* Copies `text` behind `used`, with every byte that may not be shown as \xNN. */
static size_t log_escape(char *line, size_t used, const char *text)
{
    while (*text && used < LOG_LINE - 8) {
        size_t shown = log_shown((const unsigned char *)text);

        if (shown == 0)
            used += (size_t)snprintf(line + used, 5, "\\x%02x", (unsigned char)*text++);
        for (; shown > 0; shown--)
            line[used++] = *text++;
    }
    return used;
}

static size_t log_prefix(char *line, enum log_priority priority)
{
    struct timespec now;
    struct tm tm;
    size_t used;

    if (log_to_journal)
        return (size_t)snprintf(line, LOG_LINE, "<%d>", (int)priority);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    used = strftime(line, LOG_LINE, "%Y-%m-%dT%H:%M:%S", &tm);
    used += (size_t)snprintf(line + used, LOG_LINE - used,
                             ".%03ldZ historyd[%d]: ", now.tv_nsec / 1000000, (int)getpid());
    return used;
}

static void log_line(enum log_priority priority, const struct log_about *about, const char *format,
                     va_list arguments)
{
    char text[LOG_LINE], line[LOG_LINE];
    size_t begin = log_prefix(line, priority);
    size_t used;

    vsnprintf(text, sizeof(text), format, arguments);
    used = log_escape(line, begin, text);
    line[used] = '\0';
    if (about && journal_send((int)priority, line + begin, about))
        return;
    line[used++] = '\n';
    /* One write, so that lines of several threads do not mix; where stderr is gone nobody listens.
     */
    if (write(STDERR_FILENO, line, used) < 0)
        return;
}

void log_write(enum log_priority priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(priority, NULL, format, arguments);
    va_end(arguments);
}

void log_write_about(enum log_priority priority, const struct log_about *about, const char *format,
                     ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(priority, about, format, arguments);
    va_end(arguments);
}

void log_peer(const struct log_about *about, const char *format, ...)
{
    static time_t second;
    static int lines;
    struct timespec now;
    va_list arguments;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != second) {
        if (lines > LOG_PEER_LINES)
            log_warning("%d more lines about peers were left out", lines - LOG_PEER_LINES);
        second = now.tv_sec;
        lines = 0;
    }
    if (++lines > LOG_PEER_LINES)
        return;
    va_start(arguments, format);
    log_line(LOG_PRIORITY_WARNING, about, format, arguments);
    va_end(arguments);
}
