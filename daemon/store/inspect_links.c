/*
 * What SQLite believes until it writes: which pages are free, and in a database that can be
 * vacuumed what each page is for. A start that trusted a wrong list would answer calls and fail at
 * the first write, or write over data. Format: "Database File Format",
 * https://sqlite.org/fileformat2.html.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_inspect.h"

enum {
    FIRST_FREE = 32, /* places in the header */
    FREE_COUNT = 36,
    LAST_ROOT = 52,
    MAP_PAGE = 2,
    MAP_ENTRY = 5,
    MAP_IS_ROOT = 1,
};

uint32_t inspect_number(const unsigned char *bytes, int size)
{
    uint32_t value = 0;

    for (int i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static int where_compare(const void *key, const void *element)
{
    uint32_t page = *(const uint32_t *)key;
    const struct log_page *where = element;

    return (page > where->page) - (page < where->page);
}

bool inspect_page(const struct inspect_pages *pages, uint32_t page, void *ret_bytes, size_t size)
{
    const struct log_page *where = NULL;

    if (page < 1 || page > pages->n_pages)
        return false;
    if (pages->log.n_where > 0)
        where = bsearch(&page, pages->log.where, pages->log.n_where, sizeof(*where), where_compare);
    if (where)
        return pread(pages->log_fd, ret_bytes, size, where->offset) == (ssize_t)size;
    return pread(pages->fd, ret_bytes, size, (off_t)(page - 1) * pages->page_size) == (ssize_t)size;
}

/* The list is a chain of pages, each of which names the next one and some that are not in the
 * chain; all together there are as many as the header says, so that a chain in a circle ends. */
static bool free_pages_fit(const struct inspect_pages *pages, const unsigned char *header,
                           unsigned char *page)
{
    uint32_t usable = pages->page_size - header[20];
    uint32_t next = inspect_number(header + FIRST_FREE, 4);
    uint32_t count = inspect_number(header + FREE_COUNT, 4);
    uint32_t found = 0;

    while (next != 0) {
        uint32_t leaves;

        if (next <= 1 || found >= count || !inspect_page(pages, next, page, pages->page_size))
            return false;
        leaves = inspect_number(page + 4, 4);
        if (leaves > usable / 4 - 2 || leaves >= count - found)
            return false;
        for (uint32_t i = 0; i < leaves; i++) {
            uint32_t leaf = inspect_number(page + 8 + (size_t)4 * i, 4);

            if (leaf <= 1 || leaf > pages->n_pages)
                return false;
        }
        found += 1 + leaves;
        next = inspect_number(page, 4);
    }
    return found == count;
}

/* Tables and indexes begin on the pages behind the map, and the header names the last of them. */
static bool map_fits(const struct inspect_pages *pages, const unsigned char *header,
                     unsigned char *page)
{
    uint32_t last_root = inspect_number(header + LAST_ROOT, 4);
    uint32_t entries = (pages->page_size - header[20]) / MAP_ENTRY;

    if (last_root == 0)
        return inspect_number(header + 64, 4) == 0;
    /* Before the first table is made. */
    if (last_root == 1)
        return true;
    if (last_root > pages->n_pages || !inspect_page(pages, MAP_PAGE, page, pages->page_size))
        return false;
    for (uint32_t i = 0; i < entries && MAP_PAGE + 1 + i <= last_root; i++)
        if (page[MAP_ENTRY * i] != MAP_IS_ROOT)
            return false;
    return true;
}

int inspect_links(const struct inspect_pages *pages, const unsigned char header[INSPECT_HEADER],
                  bool *ret_fit)
{
    unsigned char *page = malloc(pages->page_size);

    if (!page)
        return -ENOMEM;
    *ret_fit = free_pages_fit(pages, header, page) && map_fits(pages, header, page);
    free(page);
    return 0;
}
