#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "style.h"

/* Widths of characters are known in UTF-8 locales only, and UTF-8 is what the daemon keeps. */
static void main_set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    tzset();
}

/* A descriptor that the caller closed must not be the number our socket gets: nothing printed may
 * end up there. Writing to this one fails, as it should. */
static void main_fill_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

static int main_dispatch(struct ctl *ctl, const struct command *command, int argc, char **argv)
{
    struct option_group groups[2] = {{command->options, command->n_options, NULL},
                                     {command_globals, n_command_globals, &ctl->options}};
    void *settings = calloc(1, command->settings_size + 1);
    char problem[256];
    int first;
    int exit_code;

    if (!settings)
        return ctl_fail_memory();
    groups[0].settings = settings;
    first = options_read(groups, true, argc, argv, problem, sizeof(problem));
    ctl->colour = style_wanted(ctl->options.color, &ctl->out);
    if (first < 0) {
        exit_code = ctl_usage(ctl, "%s", problem);
    } else if (ctl->options.help) {
        command_help(command, &ctl->out);
        exit_code = CTL_SUCCESS;
    } else if (argc - first < command->least) {
        exit_code = ctl_usage(ctl, "an argument is missing: %s", command->arguments);
    } else if (command->most >= 0 && argc - first > command->most) {
        exit_code = ctl_usage(ctl, "too many arguments: '%.100s'", argv[first + command->most]);
    } else {
        exit_code = command->run(ctl, settings, argc - first, argv + first);
    }
    free(settings);
    return exit_code;
}

static int main_no_command(struct ctl *ctl, int argc, char **argv)
{
    if (ctl->options.help) {
        command_help_all(&ctl->out);
        return CTL_SUCCESS;
    }
    if (ctl->options.version) {
        output_format(&ctl->out, "historyctl %s\n", hd_version());
        return CTL_SUCCESS;
    }
    if (argc == 0)
        return ctl_usage(ctl, "which command?");
    if (argc > 1 && command_group(argv[0]))
        return ctl_usage(ctl, "unknown command '%.60s %.60s'", argv[0], argv[1]);
    if (command_group(argv[0]))
        return ctl_usage(ctl, "'%.60s' needs a second word", argv[0]);
    return ctl_usage(ctl, "unknown command '%.100s'", argv[0]);
}

/* Reads the options before the command, finds it and runs it. */
static int main_run(struct ctl *ctl, int argc, char **argv)
{
    struct option_group groups[2] = {{command_globals, n_command_globals, &ctl->options},
                                     {NULL, 0, NULL}};
    const struct command *command = NULL;
    char problem[256];
    int words = 0;
    int first = options_read(groups, false, argc, argv, problem, sizeof(problem));

    if (first < 0)
        return ctl_usage(ctl, "%s", problem);
    if (first < argc && strcmp(argv[first], "__complete") == 0) {
        command_complete(argc - first - 1, argv + first + 1, &ctl->out);
        return CTL_SUCCESS;
    }
    if (first < argc && !ctl->options.version)
        command = command_find(argc - first, argv + first, &words);
    if (!command)
        return main_no_command(ctl, argc - first, argv + first);
    ctl->command = command->name;
    /* getopt wants a program's name before the options: the command's last word is in that place.
     */
    first += words - 1;
    return main_dispatch(ctl, command, argc - first, argv + first);
}

/* The last bytes may meet a full disk, or a reader that has gone: the first is told, the second
 * went on purpose. */
static int main_finish(struct ctl *ctl, int exit_code)
{
    int r = output_flush(&ctl->out);

    if (r == -EPIPE)
        return exit_code;
    if (r == 0 && close(STDOUT_FILENO) < 0 && errno != EBADF)
        r = -errno;
    if (r == 0)
        return exit_code;
    ctl_complain("standard output: %s", strerror(-r));
    return exit_code == CTL_SUCCESS ? CTL_FAILURE : exit_code;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.client = NULL};
    int exit_code;

    main_fill_descriptors();
    signal(SIGPIPE, SIG_IGN);
    main_set_locale();
    output_open(&ctl.out, STDOUT_FILENO);
    exit_code = main_finish(&ctl, main_run(&ctl, argc, argv));
    hd_client_free(ctl.client);
    output_close(&ctl.out);
    return exit_code;
}
