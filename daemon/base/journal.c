#include "journal.h"

#include <inttypes.h>
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

/* Appends a field where it fits and can't be taken for two; what does not fit ends the text. */
static void field_add(char text[static JOURNAL_BYTES], int *used, const char *name,
                      const char *value)
{
    if (value && is_line(value) && *used < JOURNAL_BYTES)
        *used += snprintf(text + *used, (size_t)(JOURNAL_BYTES - *used), "%s=%s\n", name, value);
}

static void field_add_number(char text[static JOURNAL_BYTES], int *used, const char *name,
                             int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, number);
    field_add(text, used, name, digits);
}

bool journal_send(int priority, const char *message, const struct log_about *about)
{
    char text[JOURNAL_BYTES];
    int used = 0;

    if (journal_fd < 0 || !is_line(message))
        return false;
    field_add_number(text, &used, "PRIORITY", priority);
    field_add(text, &used, "SYSLOG_IDENTIFIER", "historyd");
    field_add(text, &used, "MESSAGE", message);
    field_add(text, &used, "HISTORYD_RUN_ID", about->run_id);
    if (about->peer) {
        field_add_number(text, &used, "HISTORYD_PEER_PID", about->pid);
        field_add_number(text, &used, "HISTORYD_PEER_UID", about->uid);
        field_add(text, &used, "HISTORYD_PEER_COMM", about->command);
    }
    if (used >= JOURNAL_BYTES)
        return false;
    /* Not connected: the journal may be another one after its restart. */
    return sendto(journal_fd, text, (size_t)used, MSG_DONTWAIT | MSG_NOSIGNAL,
                  (const struct sockaddr *)&journal_address, sizeof(journal_address)) == used;
}
