/*
 * stop-thread PID NAME: stops one thread of a process, which SIGSTOP can't, until the process ends.
 *
 * Says "stopped" when it stands. When this program is ended before, the thread goes on.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* The thread's id, or 0. */
static pid_t thread_find(const char *pid, const char *name)
{
    char path[512], found[32];
    struct dirent *entry;
    pid_t thread = 0;
    DIR *folder;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%s/task", pid);
    folder = opendir(path);
    if (!folder)
        return 0;
    while (!thread && (entry = readdir(folder))) {
        snprintf(path, sizeof(path), "/proc/%s/task/%s/comm", pid, entry->d_name);
        file = fopen(path, "re");
        if (!file)
            continue;
        if (fgets(found, sizeof(found), file)) {
            found[strcspn(found, "\n")] = '\0';
            if (strcmp(found, name) == 0)
                thread = (pid_t)strtol(entry->d_name, NULL, 10);
        }
        fclose(file);
    }
    closedir(folder);
    return thread;
}

int main(int argc, char **argv)
{
    pid_t thread = argc == 3 ? thread_find(argv[1], argv[2]) : 0;
    int status;

    if (!thread) {
        fprintf(stderr, "stop-thread: usage: stop-thread PID NAME, of a thread there is\n");
        return EXIT_FAILURE;
    }
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0 ||
        ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 || waitpid(thread, &status, __WALL) < 0) {
        perror("stop-thread");
        return EXIT_FAILURE;
    }
    puts("stopped");
    fflush(stdout);
    while (waitpid(thread, &status, __WALL) > 0 && WIFSTOPPED(status))
        continue; /* left standing */
    return EXIT_SUCCESS;
}
