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
    struct log_page *pages;
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

static int list_add(struct page_list *list, uint32_t page, off_t offset)
{
    if (list->n_pages == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 256;
        struct log_page *pages = realloc(list->pages, capacity * sizeof(*pages));

        if (!pages)
            return -ENOMEM;
        list->pages = pages;
        list->capacity = capacity;
    }
    list->pages[list->n_pages++] = (struct log_page){page, offset};
    return 0;
}

static int page_compare(const void *left, const void *right)
{
    const struct log_page *a = left;
    const struct log_page *b = right;

    if (a->page != b->page)
        return a->page > b->page ? 1 : -1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* Leaves the newest version of each page. */
static void list_settle(struct page_list *list)
{
    size_t n_pages = 0;

    if (list->n_pages > 0)
        qsort(list->pages, list->n_pages, sizeof(*list->pages), page_compare);
    for (size_t i = 0; i < list->n_pages; i++) {
        if (n_pages > 0 && list->pages[n_pages - 1].page == list->pages[i].page)
            n_pages--;
        list->pages[n_pages++] = list->pages[i];
    }
    list->n_pages = n_pages;
}

static uint32_t list_count(const struct page_list *list, uint32_t behind, uint32_t last)
{
    uint32_t count = 0;

    for (size_t i = 0; i < list->n_pages; i++)
        if (list->pages[i].page > behind && list->pages[i].page <= last)
            count++;
    return count;
}

/* Every frame of a committed transaction. */
static int log_walk(struct log_reader *log, struct page_list *list, struct log_facts *facts)
{
    off_t offset = LOG_HEADER;
    off_t frame = offset;
    size_t n_committed = 0;
    int r = 0;

    while (r == 0 && log_next(log, &offset)) {
        uint32_t pages_after = word_at(log->frame + 4, true);

        r = list_add(list, word_at(log->frame, true), frame + FRAME_HEADER);
        if (r == 0 && pages_after > 0) {
            facts->committed = true;
            facts->pages = pages_after;
            n_committed = list->n_pages;
        }
        frame = offset;
    }
    list->n_pages = n_committed;
    return r;
}

int inspect_log(int fd, uint32_t page_size, uint32_t file_pages, struct log_facts *ret_facts)
{
    struct log_reader log = {.fd = fd, .page_size = page_size};
    struct log_facts facts = {.committed = false};
    struct page_list list = {NULL, 0, 0};
    int r = 0;

    log.frame = malloc(FRAME_HEADER + (size_t)page_size);
    if (!log.frame)
        return -ENOMEM;
    if (log_start(&log))
        r = log_walk(&log, &list, &facts);
    free(log.frame);
    if (r < 0) {
        free(list.pages);
        return r;
    }
    list_settle(&list);
    facts.pages_added = list_count(&list, file_pages, facts.pages);
    facts.where = list.pages;
    facts.n_where = list.n_pages;
    *ret_facts = facts;
    return 0;
}

void log_facts_clear(struct log_facts *facts)
{
    free(facts->where);
    facts->where = NULL;
    facts->n_where = 0;
}
