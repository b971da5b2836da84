/*
 * watch-mode PATH: looks at a file again and again until SIGTERM, then says what modes and owners
 * it was seen with, each once: "660 0:998".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { STATES_MOST = 64 };

static volatile sig_atomic_t over;

static void end(int signal)
{
    (void)signal;
    over = 1;
}

int main(int argc, char **argv)
{
    struct stat states[STATES_MOST];
    size_t n_states = 0;
    struct stat now;

    if (argc != 2) {
        fprintf(stderr, "watch-mode: usage: watch-mode PATH\n");
        return EXIT_FAILURE;
    }
    signal(SIGTERM, end);
    puts("watching");
    fflush(stdout);
    while (!over) {
        size_t i = 0;

        if (lstat(argv[1], &now) < 0)
            continue;
        while (i < n_states && (states[i].st_mode != now.st_mode ||
                                states[i].st_uid != now.st_uid || states[i].st_gid != now.st_gid))
            i++;
        if (i == n_states && n_states < STATES_MOST)
            states[n_states++] = now;
    }
    for (size_t i = 0; i < n_states; i++)
        printf("%o %u:%u\n", states[i].st_mode & 07777, states[i].st_uid, states[i].st_gid);
    return EXIT_SUCCESS;
}
