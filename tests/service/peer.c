/*
 * peer [SOCKET]: a caller that does what it is told, line by line on standard input.
 *
 *   open              connects, and does not wait for anything
 *   close             closes the connection; the process goes on
 *   METHOD [OBJECT]   calls; a METHOD without a dot in it is one of dev.historyd.history
 *
 * The answer of each line is a line on standard output: the daemon's, or "open", "closed", "ended"
 * where the daemon closed the connection. It is one process from its first line to its last, which
 * is what the daemon knows it by.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *path = "/run/historyd/socket";
static int daemon_fd = -1;

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

static void peer_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    daemon_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (daemon_fd >= 0 &&
        connect(daemon_fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        say("open");
        return;
    }
    say(strerror(errno));
    if (daemon_fd >= 0)
        close(daemon_fd);
    daemon_fd = -1;
}

static void peer_close(const char *why)
{
    close(daemon_fd);
    daemon_fd = -1;
    say(why);
}

static bool send_all(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = send(daemon_fd, text, size, MSG_NOSIGNAL);

        if (n < 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

/* Prints bytes up to a NUL, which ends the answer. */
static bool print_answer(void)
{
    char bytes[65536];
    bool whole;

    for (;;) {
        ssize_t n = recv(daemon_fd, bytes, sizeof(bytes), 0);

        if (n <= 0)
            return false;
        whole = bytes[n - 1] == '\0';
        fwrite(bytes, 1, (size_t)n - whole, stdout);
        if (whole) {
            say("");
            return true;
        }
    }
}

static void peer_call(char *line)
{
    char *object = strchr(line, ' ');
    char *call;
    int size;

    if (object)
        *object++ = '\0';
    size = asprintf(&call, "{\"method\":\"%s%s\",\"parameters\":%s}",
                    strchr(line, '.') ? "" : "dev.historyd.history.", line, object ? object : "{}");
    if (size < 0)
        exit(EXIT_FAILURE);
    if (!send_all(call, (size_t)size + 1) || !print_answer())
        peer_close("ended");
    free(call);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    if (argc > 1)
        path = argv[1];
    while ((size = getline(&line, &room, stdin)) > 0) {
        if (line[size - 1] == '\n')
            line[size - 1] = '\0';
        if (strcmp(line, "open") == 0)
            peer_open();
        else if (daemon_fd < 0)
            say("not open");
        else if (strcmp(line, "close") == 0)
            peer_close("closed");
        else
            peer_call(line);
    }
    free(line);
    return EXIT_SUCCESS;
}
