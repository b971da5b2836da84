/*
 * Reading a write-ahead log as SQLite's recovery does, to know which pages it holds. Format: a
 * header of 32 bytes, then frames of a header of 24 bytes and a page. A frame counts when its salts
 * are the header's and the checksum, carried on from frame to frame, is right; a transaction when
 * its last frame does, which says how many pages the database then has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_inspect.h"

enum {
    LOG_HEADER = 32,
    FRAME_HEADER = 24,
    LOG_MAGIC = 0x377f0682, /* the last bit: checksums over big-endian words */
};

struct log_reader {
    int fd;
    uint32_t page_size;
    bool big_endian;
    unsigned char header[LOG_HEADER];
    uint32_t sums[2];
    unsigned char *frame;
};

struct page_list {
    uint32_t *pages;
    size_t n_pages;
    size_t capacity;
};

static uint32_t word_at(const unsigned char *bytes, bool big_endian)
{
    if (big_endian)
        return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
               bytes[3];
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static void sums_add(struct log_reader *log, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        log->sums[0] += word_at(bytes + i, log->big_endian) + log->sums[1];
        log->sums[1] += word_at(bytes + i + 4, log->big_endian) + log->sums[0];
    }
}

static bool sums_match(const struct log_reader *log, const unsigned char *bytes)
{
    return log->sums[0] == word_at(bytes, true) && log->sums[1] == word_at(bytes + 4, true);
}

/* False at a header that SQLite would take for an empty log. */
static bool log_start(struct log_reader *log)
{
    uint32_t magic;

    if (pread(log->fd, log->header, LOG_HEADER, 0) != LOG_HEADER)
        return false;
    magic = word_at(log->header, true);
    if ((magic & ~1U) != LOG_MAGIC || word_at(log->header + 8, true) != log->page_size)
        return false;
    log->big_endian = magic & 1;
    sums_add(log, log->header, 24);
    return sums_match(log, log->header + 24);
}

/* False behind the last good frame. */
static bool log_next(struct log_reader *log, off_t *offset)
{
    size_t size = FRAME_HEADER + (size_t)log->page_size;

    if (pread(log->fd, log->frame, size, *offset) != (ssize_t)size)
        return false;
    if (memcmp(log->frame + 8, log->header + 16, 8) != 0)
        return false;
    sums_add(log, log->frame, 8);
    sums_add(log, log->frame + FRAME_HEADER, log->page_size);
    if (!sums_match(log, log->frame + 16))
        return false;
    *offset += (off_t)size;
    return true;
}

static int list_add(struct page_list *list, uint32_t page)
{
    if (list->n_pages == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 256;
        uint32_t *pages = realloc(list->pages, capacity * sizeof(*pages));

        if (!pages)
            return -ENOMEM;
        list->pages = pages;
        list->capacity = capacity;
    }
    list->pages[list->n_pages++] = page;
    return 0;
}

static int page_compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Different pages up to `last`. */
static uint32_t list_count(struct page_list *list, uint32_t last)
{
    uint32_t count = 0;

    if (list->n_pages > 0)
        qsort(list->pages, list->n_pages, sizeof(*list->pages), page_compare);
    for (size_t i = 0; i < list->n_pages && list->pages[i] <= last; i++)
        if (i == 0 || list->pages[i] != list->pages[i - 1])
            count++;
    return count;
}

int inspect_log(int fd, uint32_t page_size, uint32_t file_pages, struct log_facts *ret_facts)
{
    struct log_reader log = {.fd = fd, .page_size = page_size};
    struct log_facts facts = {.committed = false};
    struct page_list list = {NULL, 0, 0};
    off_t offset = LOG_HEADER;
    size_t n_committed = 0;
    int r = 0;

    log.frame = malloc(FRAME_HEADER + (size_t)page_size);
    if (!log.frame)
        return -ENOMEM;
    if (log_start(&log)) {
        while (r == 0 && log_next(&log, &offset)) {
            uint32_t page = word_at(log.frame, true);
            uint32_t pages_after = word_at(log.frame + 4, true);

            if (page > file_pages)
                r = list_add(&list, page);
            if (pages_after > 0) {
                facts.committed = true;
                facts.pages = pages_after;
                n_committed = list.n_pages;
            }
        }
    }
    if (r == 0) {
        list.n_pages = n_committed;
        facts.pages_added = list_count(&list, facts.pages);
        *ret_facts = facts;
    }
    free(list.pages);
    free(log.frame);
    return r;
}
