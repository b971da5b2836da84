/* Lines of JSON as historyctl takes them: each is an event, or refused in words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "lines.h"
#include "parsed.h"
#include "tables.h"
#include "utf8.h"

enum { LINE_MOST = 512 };

static void try_line(const char *line, size_t size)
{
    char problem[PARSED_PROBLEM] = "";
    struct hd_new_event event;
    struct hd_graph graph;
    struct parsed parsed;
    int r = parsed_text(&parsed, line, size, problem);

    if (r == 0) {
        r = parsed_read(&parsed, json_root(parsed.document), &hd_new_event_table, CODEC_STRICT,
                        &event, problem);
        if (r > 0)
            fuzz_demand(problem[0] && utf8_valid(problem, strlen(problem)),
                        "refused without words");
        problem[0] = '\0';
        r = parsed_graph(&parsed, json_root(parsed.document), &graph, problem);
        parsed_clear(&parsed);
    }
    fuzz_demand(r >= 0, "out of memory");
    if (r > 0)
        fuzz_demand(problem[0] && utf8_valid(problem, strlen(problem)), "refused without words");
}

/* One file for all inputs: making it takes longer than reading it. */
static int file_fill(const uint8_t *data, size_t size)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("lines", MFD_CLOEXEC);
    fuzz_demand(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size &&
                    lseek(fd, 0, SEEK_SET) == 0,
                "no memory file");
    return fd;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct lines lines;
    const char *line;
    size_t line_size;
    int64_t number = 0;
    int r;

    lines_open(&lines, file_fill(data, size), LINE_MOST);
    while ((r = lines_next(&lines, &line, &line_size)) == 1 || r == -EMSGSIZE) {
        fuzz_demand(++number == lines.number, "line %lld is called %lld", (long long)number,
                    (long long)lines.number);
        if (r == 1) {
            char *copy = malloc(line_size + 1);

            fuzz_demand(copy && line_size <= LINE_MOST, "a long line");
            memcpy(copy, line, line_size);
            copy[line_size] = '\0';
            try_line(copy, line_size);
            free(copy);
        }
    }
    fuzz_demand(r == 0, "reading ended with %d", r);
    lines_close(&lines);
}
