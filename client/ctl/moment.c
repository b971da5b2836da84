#include "moment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rfc3339.h"

enum { SECOND = 1000000 };

void moment_write(int64_t microseconds, bool utc, int digits, bool zone, char text[MOMENT_SIZE])
{
    int64_t fraction = (microseconds % SECOND + SECOND) % SECOND;
    time_t seconds = (time_t)((microseconds - fraction) / SECOND);
    struct tm parts;
    size_t size;

    if (!(utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts))) {
        snprintf(text, MOMENT_SIZE, "%lld", (long long)microseconds);
        return;
    }
    size = strftime(text, MOMENT_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
    if (digits == 3)
        size += (size_t)snprintf(text + size, MOMENT_SIZE - size, ".%03d", (int)fraction / 1000);
    else if (digits == 6)
        size += (size_t)snprintf(text + size, MOMENT_SIZE - size, ".%06d", (int)fraction);
    if (zone && utc)
        snprintf(text + size, MOMENT_SIZE - size, " UTC");
    else if (zone)
        strftime(text + size, MOMENT_SIZE - size, " %z", &parts);
}

void moment_write_text(const char *rfc3339, bool utc, int digits, bool zone, char text[MOMENT_SIZE])
{
    int64_t microseconds;

    if (rfc3339_read(rfc3339, &microseconds))
        moment_write(microseconds, utc, digits, zone, text);
    else
        snprintf(text, MOMENT_SIZE, "%.60s", rfc3339);
}

void moment_write_duration(int64_t microseconds, char text[MOMENT_SIZE])
{
    const char *sign = microseconds < 0 ? "-" : "";
    uint64_t us = microseconds < 0 ? -(uint64_t)microseconds : (uint64_t)microseconds;
    uint64_t seconds = us / SECOND;

    if (us < SECOND)
        snprintf(text, MOMENT_SIZE, "%s%d ms", sign, (int)(us / 1000));
    else if (seconds < 60)
        snprintf(text, MOMENT_SIZE, "%s%d.%02d s", sign, (int)seconds, (int)(us % SECOND / 10000));
    else if (seconds < 3600)
        snprintf(text, MOMENT_SIZE, "%s%dm %02ds", sign, (int)(seconds / 60), (int)(seconds % 60));
    else if (seconds < 86400)
        snprintf(text, MOMENT_SIZE, "%s%dh %02dm", sign, (int)(seconds / 3600),
                 (int)(seconds % 3600 / 60));
    else
        snprintf(text, MOMENT_SIZE, "%s%llud %02dh", sign, (unsigned long long)seconds / 86400,
                 (int)(seconds % 86400 / 3600));
}

static bool moment_make(struct tm *parts, bool utc, int64_t *ret_microseconds)
{
    struct tm wanted = *parts;
    time_t seconds;

    parts->tm_isdst = -1;
    seconds = utc ? timegm(parts) : mktime(parts);
    /* The C library turns the 31st of February into March; a person did not mean that. */
    if (parts->tm_mday != wanted.tm_mday || parts->tm_mon != wanted.tm_mon)
        return false;
    *ret_microseconds = (int64_t)seconds * SECOND;
    return true;
}

static bool moment_read_date(const char *text, bool utc, int64_t *ret_microseconds)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                                        "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};

    if (strlen(text) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, forms[i], &parts);

        if (end && *end == '\0')
            return moment_make(&parts, utc, ret_microseconds);
    }
    return false;
}

static bool moment_read_day(int days_back, bool utc, int64_t now, int64_t *ret_microseconds)
{
    time_t seconds = (time_t)(now / SECOND);
    struct tm parts;

    if (!(utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)))
        return false;
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    parts.tm_mday -= days_back;
    parts.tm_isdst = -1;
    *ret_microseconds = (int64_t)(utc ? timegm(&parts) : mktime(&parts)) * SECOND;
    return true;
}

static bool moment_read_span(const char *text, int64_t now, int64_t *ret_microseconds)
{
    static const struct {
        char unit;
        int seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t number = 0;
    size_t digits = 0;

    while (isdigit((unsigned char)text[digits]) && digits < 6)
        number = number * 10 + (text[digits++] - '0');
    if (digits == 0 || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].unit != text[digits])
            continue;
        *ret_microseconds = now - number * units[i].seconds * SECOND;
        return true;
    }
    return false;
}

bool moment_read(const char *text, bool utc, int64_t now, int64_t *ret_microseconds)
{
    if (strcmp(text, "now") == 0) {
        *ret_microseconds = now;
        return true;
    }
    if (strcmp(text, "today") == 0)
        return moment_read_day(0, utc, now, ret_microseconds);
    if (strcmp(text, "yesterday") == 0)
        return moment_read_day(1, utc, now, ret_microseconds);
    return rfc3339_read(text, ret_microseconds) || moment_read_date(text, utc, ret_microseconds) ||
           moment_read_span(text, now, ret_microseconds);
}
