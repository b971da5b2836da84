#include "rfc3339.h"

#include <time.h>

enum { DAYS_TO_EPOCH = 719528 }; /* from 0000-01-01 to 1970-01-01 */

static const int64_t second = 1000000;
static const int64_t day = 86400 * INT64_C(1000000);

static bool year_leaps(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year_leaps(year));
}

/* Days from 0000-01-01 to the first day of the year; year 0 leaps. */
static int64_t year_start(int64_t year)
{
    return year == 0 ? 0 : 365 * year + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
}

/* Takes exactly `count` digits. */
static bool take_digits(const char **text, int count, int64_t *ret_number)
{
    int64_t number = 0;

    for (; count > 0; count--, ++*text) {
        if (**text < '0' || **text > '9')
            return false;
        number = number * 10 + (**text - '0');
    }
    *ret_number = number;
    return true;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

static bool take_date(const char **text, int64_t *ret_days)
{
    int64_t year;
    int64_t month;
    int64_t date;
    int64_t days;

    if (!take_digits(text, 4, &year) || !take_char(text, '-') || !take_digits(text, 2, &month) ||
        !take_char(text, '-') || !take_digits(text, 2, &date))
        return false;
    if (month < 1 || month > 12 || date < 1 || date > month_days(year, month))
        return false;
    days = year_start(year) + date - 1;
    while (--month > 0)
        days += month_days(year, month);
    *ret_days = days;
    return true;
}

/* Hours, minutes, seconds and their fraction, in microseconds. */
static bool take_time(const char **text, int64_t *ret_microseconds)
{
    int64_t hours;
    int64_t minutes;
    int64_t seconds;
    int64_t unit = second / 10;

    if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &minutes) ||
        !take_char(text, ':') || !take_digits(text, 2, &seconds) || hours > 23 || minutes > 59 ||
        seconds > 59)
        return false;
    *ret_microseconds = (hours * 3600 + minutes * 60 + seconds) * second;
    if (!take_char(text, '.'))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
        *ret_microseconds += (**text - '0') * unit;
    return true;
}

/* `Z` or an offset; what must be taken off to reach UTC. */
static bool take_offset(const char **text, int64_t *ret_microseconds)
{
    int64_t sign = **text == '-' ? -1 : 1;
    int64_t hours;
    int64_t minutes;

    *ret_microseconds = 0;
    if (take_char(text, 'Z') || take_char(text, 'z'))
        return true;
    if (!take_char(text, '+') && !take_char(text, '-'))
        return false;
    if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *ret_microseconds = sign * (hours * 3600 + minutes * 60) * second;
    return true;
}

bool rfc3339_read(const char *text, int64_t *ret_microseconds)
{
    int64_t days;
    int64_t time;
    int64_t offset;
    int64_t since_zero;

    if (!take_date(&text, &days) || (!take_char(&text, 'T') && !take_char(&text, 't')) ||
        !take_time(&text, &time) || !take_offset(&text, &offset) || *text)
        return false;
    since_zero = days * day + time - offset;
    if (since_zero < 0 || since_zero >= year_start(10000) * day)
        return false;
    *ret_microseconds = since_zero - DAYS_TO_EPOCH * day;
    return true;
}

static char *put_digits(char *text, int64_t number, int count, char behind)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        text[i] = (char)('0' + number % 10);
    text[count] = behind;
    return text + count + 1;
}

void rfc3339_write(int64_t microseconds, char text[static RFC3339_SIZE])
{
    int64_t since_zero = microseconds + DAYS_TO_EPOCH * day;
    int64_t days = since_zero / day;
    int64_t time = since_zero % day;
    /* 400 years have 146,097 days. A year begins less than two days off their mean, so that this is
     * never too late and one too early at most. */
    int64_t year = (days - 2) * 400 / 146097;
    int64_t month = 1;

    while (year_start(year + 1) <= days)
        year++;
    days -= year_start(year);
    while (days >= month_days(year, month))
        days -= month_days(year, month++);
    text = put_digits(text, year, 4, '-');
    text = put_digits(text, month, 2, '-');
    text = put_digits(text, days + 1, 2, 'T');
    text = put_digits(text, time / (3600 * second), 2, ':');
    text = put_digits(text, time / (60 * second) % 60, 2, ':');
    text = put_digits(text, time / second % 60, 2, '.');
    text = put_digits(text, time % second, 6, 'Z');
    *text = '\0';
}

int64_t rfc3339_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * second + now.tv_nsec / 1000;
}
