/*
 * A database file that somebody broke: it is refused in words, or served without a crash.
 *
 * The input is a list of changes, five bytes each (place, value, what to do), made to a small sound
 * database, so that most of it stays in shape; an input that begins like a database is one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events.h"
#include "fuzz.h"
#include "graphs.h"
#include "store.h"

static char folder[64];
static char path[128];
static char *sound;
static size_t sound_size;

static void wake(void *data)
{
    (void)data;
}

static int open_store(struct store **ret_store, struct store_problem *ret_problem)
{
    const struct store_options options = {
        .path = path,
        .version = "fuzz",
        .readers = 1,
        .cache_kib = 1024,
        .checkpoint_pages = 1000,
        .journal_bytes = 1 << 20,
        .synchronous = STORE_SYNC_NORMAL,
        .wake = wake,
    };

    return store_open(&options, ret_store, ret_problem);
}

struct work {
    struct store_job job;
    struct arena arena;
};

static int fill(struct store_job *job, struct store_db *db)
{
    static const struct event_new event = {
        .type = "unit.started", .unit = "u", .payload = "{\"n\":1}"};
    struct events_appended appended;
    struct run_row run = {.repo_path = "/r",
                          .started_at = "2026-01-20T14:30:52.000000Z",
                          .status = "running",
                          .parallelism = 1};
    char id[16];
    int r = 0;

    (void)job;
    for (int i = 0; r == 0 && i < 20; i++) {
        snprintf(id, sizeof(id), "run%d", i);
        run.id = id;
        r = runs_insert(db, &run);
        for (int n = 0; r == 0 && n < 10; n++)
            r = events_append(db, id, &event, 1, "2026-01-20T14:30:52.000000Z", &appended);
    }
    return r;
}

static int visit(void *data, const struct event_row *event)
{
    (void)data;
    return event->type[0] == '\0';
}

static int look(struct store_job *job, struct store_db *db)
{
    struct work *work = container_of(job, struct work, job);
    const struct run_filter all = {0};
    const struct event_filter one = {.run_id = "run1"};
    const struct event_scope scope = {.filter = &one, .limit = 100, .bytes = 1 << 20};
    const struct integrity_scope scope_of_check = {.quick = true};
    const char *const *problems;
    struct run_page page;
    size_t n;
    bool more;

    runs_list(db, &all, NULL, 0, 100, 1 << 20, &work->arena, &page);
    events_list(db, &scope, visit, NULL, &more);
    return store_check_integrity(db, &scope_of_check, &work->arena, &problems, &n);
}

static void work_do(struct store *store, enum store_job_kind kind,
                    int (*run)(struct store_job *, struct store_db *))
{
    struct work work = {.job = {.kind = kind, .run = run}, .arena = ARENA_INIT};
    struct list done;

    list_init(&done);
    store_submit(store, &work.job);
    while (list_empty(&done)) {
        usleep(20);
        store_take_done(store, &done);
    }
    arena_clear(&work.arena);
}

static void file_name(const char *tail, char name[160])
{
    snprintf(name, 160, "%s%s", path, tail);
}

static void files_remove(void)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal", "-lock"};
    char name[160];

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        file_name(tails[i], name);
        unlink(name);
    }
}

static void folder_remove(void)
{
    files_remove();
    rmdir(folder);
    free(sound);
    sound = NULL;
}

/* In memory where there is a file system for it. */
static void sound_make(void)
{
    struct store_problem problem;
    struct store *store;
    struct stat status;
    FILE *file;

    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/historyd-fuzz-XXXXXX"
                                                 : "/tmp/historyd-fuzz-XXXXXX");
    fuzz_demand(mkdtemp(folder), "no folder");
    atexit(folder_remove);
    snprintf(path, sizeof(path), "%s/history.db", folder);
    fuzz_demand(open_store(&store, &problem) == 0, "%s", problem.message);
    work_do(store, STORE_WRITE, fill);
    store_close(store);
    file = fopen(path, "rb");
    fuzz_demand(file && fstat(fileno(file), &status) == 0, "no file");
    sound_size = (size_t)status.st_size;
    sound = malloc(sound_size);
    fuzz_demand(sound && fread(sound, 1, sound_size, file) == sound_size, "not read");
    fclose(file);
}

static size_t database_make(const uint8_t *data, size_t size, char *bytes)
{
    size_t n = sound_size;

    memcpy(bytes, sound, sound_size);
    if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0) {
        n = size < sound_size ? size : sound_size;
        memcpy(bytes, data, n);
        return n;
    }
    for (; size >= 5; data += 5, size -= 5) {
        size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % sound_size;

        if (data[4] == 0)
            n = at;
        else if (data[4] == 1)
            memset(bytes + at, data[3], sound_size - at < 512 ? sound_size - at : 512);
        else
            bytes[at] = (char)data[3];
    }
    return n;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct store_problem problem = {.refused = false};
    struct store *store;
    char *bytes;
    FILE *file;
    size_t n;

    if (!sound)
        sound_make();
    files_remove();
    bytes = malloc(sound_size);
    fuzz_demand(bytes, "out of memory");
    n = database_make(data, size, bytes);
    file = fopen(path, "wb");
    fuzz_demand(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0, "not written");
    free(bytes);
    if (open_store(&store, &problem) < 0) {
        fuzz_demand(problem.message[0] && !strchr(problem.message, '\n'), "no words");
        return;
    }
    work_do(store, STORE_READ, look);
    work_do(store, STORE_WRITE, fill);
    store_close(store);
}
