#include "supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { FULL_SECONDS_MOST = 3600, QUICK_SECONDS_MOST = 600, EXIT_WRONG = 1, EXIT_SIGNAL = 128 };

static volatile pid_t measured;
static volatile sig_atomic_t told;

static void told_to_end(int signal)
{
    told = signal;
    if (measured > 0)
        kill(measured, SIGKILL);
}

static void folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    if (rmdir(path) < 0)
        fprintf(stderr, "historyd-bench: %s is left: %s\n", path, strerror(errno));
}

/* How it ended, where that was not its end; NULL where it was. */
static const char *ending_words(int status)
{
    static char words[96];

    if (told == SIGALRM)
        return "it took too long";
    if (told)
        snprintf(words, sizeof(words), "interrupted by %s", strsignal(told));
    else if (WIFSIGNALED(status))
        snprintf(words, sizeof(words), "ended by %s", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(words, sizeof(words), "ended by a failure");
    else
        return NULL;
    return words;
}

static int exit_status(const struct report *report, int status)
{
    if (told && told != SIGALRM)
        return EXIT_SIGNAL + told;
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))
        return EXIT_SIGNAL + WTERMSIG(status); /* all of a terminal's processes were told */
    return told || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || report_failed(report)
               ? EXIT_WRONG
               : EXIT_SUCCESS;
}

int supervise(struct bench *bench, pid_t measuring, int figures)
{
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
    struct sigaction action = {.sa_handler = told_to_end};
    struct report *report = &bench->report;
    int status = 0;

    measured = measuring;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    alarm(bench->options.quick ? QUICK_SECONDS_MOST : FULL_SECONDS_MOST);
    report_receive(report, figures);
    while (waitpid(measuring, &status, 0) < 0 && errno == EINTR)
        ;
    measured = 0;
    folder_remove(bench->folder);
    report->ending = ending_words(status);
    report->quick = bench->options.quick;
    report->seconds = bench_now() - bench->started;
    if (bench->options.json)
        report_print_json(report);
    else
        report_print(report);
    fflush(stdout);
    status = exit_status(report, status);
    report_clear(report);
    return status;
}
