#include "store_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_problem.h"

#define REMEDY "move it away or name another database"

enum { HEADER_SIZE = 100, JOURNAL_HEADER = 28, PENDING_BYTE = 0x40000000 };

static const char magic[16] = "SQLite format 3";

static uint32_t big_endian(const unsigned char *bytes, int size)
{
    uint32_t value = 0;

    for (int i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Missing or empty: SQLite would make a new database of it and throw the log away, which may be all
 * that is left of a history. */
static int inspect_empty(const struct store_place *place, struct store_problem *ret_problem)
{
    if (place_size(place->wal) == 0)
        return 0;
    problem_refuse(ret_problem,
                   "%s is %s, but its log %s holds data; put the database back or move the "
                   "log away",
                   place->path, place->exists ? "empty" : "missing", place->wal);
    return -1;
}

static int inspect_header(const struct store_place *place, const unsigned char *header, size_t size,
                          uint32_t *ret_page_size, struct store_problem *ret_problem)
{
    size_t n_magic = size < sizeof(magic) ? size : sizeof(magic);
    uint32_t page_size;
    uint32_t id;

    if (memcmp(header, magic, n_magic) != 0) {
        problem_refuse(ret_problem, "%s is not a database; " REMEDY, place->path);
        return -1;
    }
    if (size < HEADER_SIZE) {
        problem_refuse(ret_problem,
                       "%s is truncated: it ends within its header; restore it or " REMEDY,
                       place->path);
        return -1;
    }
    page_size = big_endian(header + 16, 2);
    page_size = page_size == 1 ? 65536 : page_size;
    if (page_size < 512 || (page_size & (page_size - 1)) != 0) {
        problem_refuse(ret_problem, "%s is not a database: its header is damaged; " REMEDY,
                       place->path);
        return -1;
    }
    id = big_endian(header + 68, 4);
    if (id != 0) {
        problem_refuse(ret_problem,
                       "%s belongs to another program (application_id 0x%08x); name another "
                       "database",
                       place->path, id);
        return -1;
    }
    *ret_page_size = page_size;
    return 0;
}

/* Pages that are nowhere. The page of the pending byte is never written; a count in the header is
 * good when it was written with the last change. With a log that holds a commit, its count is the
 * one. */
static int inspect_size(const struct store_place *place, const unsigned char *header,
                        uint32_t page_size, off_t size, bool *ret_truncated)
{
    uint64_t file_pages = (uint64_t)size / page_size;
    uint64_t wanted = 0;
    struct log_facts log = {.committed = false};
    int fd = open(place->wal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = 0;

    if (fd >= 0) {
        r = inspect_log(fd, page_size, file_pages < UINT32_MAX ? (uint32_t)file_pages : UINT32_MAX,
                        &log);
        close(fd);
    } else if (errno != ENOENT) {
        return -errno;
    }
    if (r < 0)
        return r;
    if (log.committed)
        wanted = log.pages;
    else if (memcmp(header + 24, header + 92, 4) == 0)
        wanted = big_endian(header + 28, 4);
    if (wanted > PENDING_BYTE / page_size && file_pages <= PENDING_BYTE / page_size)
        wanted--;
    *ret_truncated = wanted > file_pages + log.pages_added;
    return 0;
}

/* A database whose very first transaction was cut off: its rollback journal says that the file had
 * no page before, so whatever it holds now is nothing. SQLite empties it when it opens it. */
static bool inspect_unborn(const struct store_place *place)
{
    static const unsigned char journal_magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char header[JOURNAL_HEADER];
    ssize_t size;
    int fd = open(place->journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return false;
    size = pread(fd, header, sizeof(header), 0);
    close(fd);
    return size == sizeof(header) && memcmp(header, journal_magic, sizeof(journal_magic)) == 0 &&
           big_endian(header + 16, 4) == 0;
}

static int inspect_fd(const struct store_place *place, int fd, struct file_facts *ret_facts,
                      struct store_problem *ret_problem)
{
    unsigned char header[HEADER_SIZE] = {0};
    struct file_facts facts = {.empty = false};
    struct stat status;
    uint32_t page_size = 0;
    ssize_t size = pread(fd, header, sizeof(header), 0);
    int r;

    if (size < 0 || fstat(fd, &status) < 0) {
        problem_environment(ret_problem, "%s can't be read: %s", place->path,
                            strerrordesc_np(errno));
        return -1;
    }
    facts.empty = size == 0 || inspect_unborn(place);
    facts.log_used = place_size(place->wal) > 0 || place_size(place->journal) > 0;
    if (facts.empty) {
        *ret_facts = facts;
        return inspect_empty(place, ret_problem);
    }
    if (inspect_header(place, header, (size_t)size, &page_size, ret_problem) < 0)
        return -1;
    r = inspect_size(place, header, page_size, status.st_size, &facts.maybe_truncated);
    if (r < 0) {
        problem_environment(ret_problem, "%s can't be read: %s", place->wal, strerrordesc_np(-r));
        return -1;
    }
    if (facts.maybe_truncated && !facts.log_used) {
        problem_refuse(ret_problem,
                       "%s is truncated: it has %jd bytes where its header says %ju; "
                       "restore it from a backup or " REMEDY,
                       place->path, (intmax_t)status.st_size,
                       (uintmax_t)big_endian(header + 28, 4) * page_size);
        return -1;
    }
    *ret_facts = facts;
    return 0;
}

int inspect_bytes(const struct store_place *place, struct file_facts *ret_facts,
                  struct store_problem *ret_problem)
{
    int fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int r;

    if (fd < 0 && errno == ENOENT) {
        *ret_facts = (struct file_facts){.empty = true};
        return inspect_empty(place, ret_problem);
    }
    if (fd < 0) {
        problem_environment(ret_problem, "%s can't be opened: %s", place->path,
                            strerrordesc_np(errno));
        return -1;
    }
    r = inspect_fd(place, fd, ret_facts, ret_problem);
    close(fd);
    return r;
}
