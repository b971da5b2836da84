/*
 * peer [SOCKET]: a caller that does what it is told, line by line on standard input.
 *
 *   open              connects, and does not wait for anything
 *   close             closes the connection; the process goes on
 *   METHOD [OBJECT]   calls; a METHOD without a dot in it is one of dev.historyd.history
 *   more METHOD [OBJECT]   calls for a stream of answers
 *   raw TEXT          sends this instead of a call
 *   part TEXT         the same without the byte that ends it
 *   unread COUNT METHOD   calls so many times and reads nothing; the answer is "sent"
 *
 * The answer of each line is a line on standard output: the daemon's, or "open", "closed", "ended"
 * where the daemon closed the connection; a stream's are a line each. It is one process from its
 * first line to its last, which is what the daemon knows it by.
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
static FILE *answers; /* of daemon_fd, which it closes */

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
        answers = fdopen(daemon_fd, "r");
        if (!answers)
            exit(EXIT_FAILURE);
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
    fclose(answers);
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

/* Prints an answer, which a NUL ends; `ret_continues` says whether another one follows. */
static bool print_answer(bool *ret_continues)
{
    static char *answer;
    static size_t room;
    ssize_t size = getdelim(&answer, &room, '\0', answers);

    if (size <= 0 || answer[size - 1] != '\0')
        return false;
    *ret_continues = strstr(answer, "\"continues\":true") != NULL;
    say(answer);
    return true;
}

/* Sends `size` bytes, and prints what is answered. */
static void peer_send(const char *text, size_t size)
{
    bool continues = true;

    if (!send_all(text, size)) {
        peer_close("ended");
        return;
    }
    while (continues)
        if (!print_answer(&continues)) {
            peer_close("ended");
            return;
        }
}

/* The size is with the NUL. */
static char *call_make(const char *method, const char *object, bool more, size_t *ret_size)
{
    char *call;
    int size = asprintf(&call, "{\"method\":\"%s%s\",\"parameters\":%s%s}",
                        strchr(method, '.') ? "" : "dev.historyd.history.", method, object,
                        more ? ",\"more\":true" : "");

    if (size < 0)
        exit(EXIT_FAILURE);
    *ret_size = (size_t)size + 1;
    return call;
}

static void peer_call(char *line, bool more)
{
    char *object = strchr(line, ' ');
    size_t size;
    char *call;

    if (object)
        *object++ = '\0';
    call = call_make(line, object ? object : "{}", more, &size);
    peer_send(call, size);
    free(call);
}

static void peer_call_unread(char *line)
{
    char *method = strchr(line, ' ');
    long count = method ? strtol(line, NULL, 10) : 0;
    size_t size;
    char *call = call_make(method ? method + 1 : "", "{}", false, &size);
    bool sent = count > 0;

    while (sent && count-- > 0)
        sent = send_all(call, size);
    free(call);
    if (sent)
        say("sent");
    else
        peer_close("ended");
}

/* What follows a word and a blank; NULL where the line begins otherwise. */
static char *behind(char *line, const char *word)
{
    size_t size = strlen(word);

    return strncmp(line, word, size) == 0 && line[size] == ' ' ? line + size + 1 : NULL;
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
        else if (behind(line, "raw"))
            peer_send(behind(line, "raw"), strlen(behind(line, "raw")) + 1);
        else if (behind(line, "part"))
            peer_send(behind(line, "part"), strlen(behind(line, "part")));
        else if (behind(line, "unread"))
            peer_call_unread(behind(line, "unread"));
        else if (behind(line, "more"))
            peer_call(behind(line, "more"), true);
        else
            peer_call(line, false);
    }
    free(line);
    return EXIT_SUCCESS;
}
