#include "journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { JOURNAL_BYTES = 4096 };

static int journal_fd = -1;
static struct sockaddr_un journal_address;

void journal_open(const char *path)
{
    size_t size = strlen(path);

    if (size >= sizeof(journal_address.sun_path))
        return;
    journal_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(journal_address.sun_path, path, size);
    journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void journal_close(void)
{
    if (journal_fd >= 0)
        close(journal_fd);
    journal_fd = -1;
}

/* A value with a line feed would take another form of the protocol; neither kind has one. */
static bool is_line(const char *text)
{
    return !strchr(text, '\n');
}

bool journal_send(int priority, const char *message, const struct log_about *about)
{
    char text[JOURNAL_BYTES];
    int used;

    if (journal_fd < 0 || !is_line(message))
        return false;
    used = snprintf(text, sizeof(text), "PRIORITY=%d\nSYSLOG_IDENTIFIER=historyd\nMESSAGE=%s\n",
                    priority, message);
    if (about->run_id && is_line(about->run_id) && (size_t)used < sizeof(text))
        used += snprintf(text + used, sizeof(text) - (size_t)used, "HISTORYD_RUN_ID=%s\n",
                         about->run_id);
    if (about->peer && (size_t)used < sizeof(text))
        used += snprintf(text + used, sizeof(text) - (size_t)used,
                         "HISTORYD_PEER_PID=%ld\nHISTORYD_PEER_UID=%lu\n", (long)about->pid,
                         (unsigned long)about->uid);
    if ((size_t)used >= sizeof(text))
        return false;
    /* Not connected: the journal may be another one after its restart. */
    return sendto(journal_fd, text, (size_t)used, MSG_DONTWAIT | MSG_NOSIGNAL,
                  (const struct sockaddr *)&journal_address, sizeof(journal_address)) == used;
}
