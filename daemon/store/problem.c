#include "store_problem.h"

#include <stdarg.h>
#include <stdio.h>

static void problem_print(struct store_problem *problem, bool refused, const char *format,
                          va_list arguments)
{
    struct store_problem made = {.refused = refused};

    vsnprintf(made.message, sizeof(made.message), format, arguments);
    for (char *c = made.message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    *problem = made;
}

void problem_refuse(struct store_problem *problem, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problem_print(problem, true, format, arguments);
    va_end(arguments);
}

void problem_environment(struct store_problem *problem, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    problem_print(problem, false, format, arguments);
    va_end(arguments);
}
