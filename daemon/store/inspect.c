#include "store_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_problem.h"

#define REMEDY PROBLEM_REMEDY

enum { JOURNAL_HEADER = 28, PENDING_BYTE = 0x40000000 };

static const char magic[16] = "SQLite format 3";

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

/* Of the file itself: with another page size its log means nothing. */
static int inspect_start(const struct store_place *place, const unsigned char *header, size_t size,
                         uint32_t *ret_page_size, struct store_problem *ret_problem)
{
    size_t n_magic = size < sizeof(magic) ? size : sizeof(magic);
    uint32_t page_size;

    if (memcmp(header, magic, n_magic) != 0) {
        problem_refuse(ret_problem, "%s is not a database; " REMEDY, place->path);
        return -1;
    }
    if (size < INSPECT_HEADER) {
        problem_refuse(ret_problem, "%s is truncated: it ends within its header; " REMEDY,
                       place->path);
        return -1;
    }
    page_size = inspect_number(header + 16, 2);
    page_size = page_size == 1 ? 65536 : page_size;
    if (page_size < 512 || (page_size & (page_size - 1)) != 0) {
        problem_refuse(ret_problem,
                       "%s is not a database: its header is damaged (a page size of %u); " REMEDY,
                       place->path, page_size);
        return -1;
    }
    *ret_page_size = page_size;
    return 0;
}

/* Of the newest header, which may be in the log. */
static int inspect_header(const struct store_place *place, const unsigned char *header,
                          struct store_problem *ret_problem)
{
    uint32_t id = inspect_number(header + 68, 4);

    if (id != 0) {
        problem_refuse(ret_problem,
                       "%s belongs to another program (application_id 0x%08x); name another "
                       "database",
                       place->path, id);
        return -1;
    }
    /* SQLite would read a higher one, and then write to none. */
    if (header[18] < 1 || header[18] > 2 || header[19] < 1 || header[19] > 2) {
        problem_refuse(ret_problem,
                       "%s is damaged, or of a newer SQLite: its header names file format %u, "
                       "%u; " REMEDY,
                       place->path, header[18], header[19]);
        return -1;
    }
    return 0;
}

/* Pages that are nowhere. The page of the pending byte is never written; a count in the header is
 * good when it was written with the last change. With a log that holds a commit, its count is the
 * one. */
static void inspect_size(struct inspect_pages *pages, const unsigned char *header, off_t size,
                         struct file_facts *facts)
{
    uint64_t file_pages = (uint64_t)size / pages->page_size;
    uint64_t wanted = 0;

    if (pages->log.committed)
        wanted = pages->log.pages;
    else if (memcmp(header + 24, header + 92, 4) == 0)
        wanted = inspect_number(header + 28, 4);
    /* A file that is longer than its header says: room kept by another program, or damage. */
    facts->suspect = !pages->log.committed && wanted > 0 && wanted < file_pages;
    pages->n_pages = wanted > 0 ? (uint32_t)wanted : (uint32_t)file_pages;
    if (wanted > PENDING_BYTE / pages->page_size && file_pages <= PENDING_BYTE / pages->page_size)
        wanted--;
    facts->maybe_truncated = wanted > file_pages + pages->log.pages_added;
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
           inspect_number(header + 16, 4) == 0;
}

static int inspect_truncated(const struct store_place *place, const unsigned char *header,
                             uint32_t page_size, off_t size, struct store_problem *ret_problem)
{
    problem_refuse(
        ret_problem, "%s is truncated: it has %jd bytes where its header says %ju; " REMEDY,
        place->path, (intmax_t)size, (uintmax_t)inspect_number(header + 28, 4) * page_size);
    return -1;
}

/* What stands in the newest header, against the file and against itself. */
static int inspect_content(const struct store_place *place, struct inspect_pages *pages, off_t size,
                           struct file_facts *facts, struct store_problem *ret_problem)
{
    unsigned char header[INSPECT_HEADER];
    bool fit = true;
    int r = 0;

    pages->n_pages = 1;
    if (!inspect_page(pages, 1, header, sizeof(header))) {
        problem_environment(ret_problem, "%s can't be read", place->path);
        return -1;
    }
    if (inspect_header(place, header, ret_problem) < 0)
        return -1;
    inspect_size(pages, header, size, facts);
    if (facts->maybe_truncated && !facts->log_used)
        return inspect_truncated(place, header, pages->page_size, size, ret_problem);
    /* A journal will be rolled back: until then nothing need fit. */
    if (place_size(place->journal) == 0 && !facts->maybe_truncated)
        r = inspect_links(pages, header, &fit);
    if (r < 0) {
        problem_environment(ret_problem, "out of memory while looking at %s", place->path);
        return -1;
    }
    facts->suspect = facts->suspect || !fit;
    facts->old_format = header[47] < 4;
    facts->last_root = inspect_number(header + 52, 4);
    return 0;
}

static int inspect_with_log(const struct store_place *place, int fd, uint32_t page_size, off_t size,
                            struct file_facts *facts, struct store_problem *ret_problem)
{
    uint64_t file_pages = (uint64_t)size / page_size;
    struct inspect_pages pages = {
        .fd = fd,
        .log_fd = open(place->wal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
        .page_size = page_size,
    };
    int r = 0;

    if (pages.log_fd >= 0)
        r = inspect_log(pages.log_fd, page_size,
                        file_pages < UINT32_MAX ? (uint32_t)file_pages : UINT32_MAX, &pages.log);
    else if (errno != ENOENT)
        r = -errno;
    if (r < 0) {
        problem_environment(ret_problem, "%s can't be read: %s", place->wal, strerrordesc_np(-r));
        r = -1;
    } else {
        r = inspect_content(place, &pages, size, facts, ret_problem);
    }
    log_facts_clear(&pages.log);
    if (pages.log_fd >= 0)
        close(pages.log_fd);
    return r;
}

static int inspect_fd(const struct store_place *place, int fd, struct file_facts *ret_facts,
                      struct store_problem *ret_problem)
{
    unsigned char header[INSPECT_HEADER] = {0};
    struct file_facts facts = {.empty = false};
    struct stat status;
    uint32_t page_size = 0;
    ssize_t size = pread(fd, header, sizeof(header), 0);

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
    if (inspect_start(place, header, (size_t)size, &page_size, ret_problem) < 0 ||
        inspect_with_log(place, fd, page_size, status.st_size, &facts, ret_problem) < 0)
        return -1;
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
