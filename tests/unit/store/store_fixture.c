#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture fixture;

static pthread_mutex_t wake_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake_ready = PTHREAD_COND_INITIALIZER;
static int wakes;

const char *const design_statements[] = {
    ("CREATE TABLE runs (id TEXT PRIMARY KEY, repo_path TEXT NOT NULL, started_at DATETIME NOT "
     "NULL, completed_at DATETIME, status TEXT NOT NULL DEFAULT 'running', parallelism INTEGER NOT "
     "NULL DEFAULT 1, total_units INTEGER NOT NULL DEFAULT 0, completed_units INTEGER NOT NULL "
     "DEFAULT 0, failed_units INTEGER NOT NULL DEFAULT 0, blocked_units INTEGER NOT NULL "
     "DEFAULT 0, "
     "error TEXT, tasks_dir TEXT, dry_run INTEGER NOT NULL DEFAULT 0)"),
    "CREATE INDEX idx_runs_repo ON runs(repo_path)",
    "CREATE INDEX idx_runs_status ON runs(status)",
    "CREATE INDEX idx_runs_started ON runs(started_at DESC)",
    ("CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL REFERENCES "
     "runs(id), seq INTEGER NOT NULL, time DATETIME NOT NULL, type TEXT NOT NULL, unit TEXT, task "
     "INTEGER, pr INTEGER, payload TEXT, error TEXT, UNIQUE(run_id, seq))"),
    "CREATE INDEX idx_events_run ON events(run_id)",
    "CREATE INDEX idx_events_type ON events(type)",
    "CREATE INDEX idx_events_unit ON events(unit)",
    ("CREATE TABLE graphs (run_id TEXT PRIMARY KEY REFERENCES runs(id), nodes TEXT NOT NULL, edges "
     "TEXT NOT NULL, levels TEXT NOT NULL)"),
};
const size_t n_design_statements = sizeof(design_statements) / sizeof(design_statements[0]);

static void wake(void *data)
{
    (void)data;
    pthread_mutex_lock(&wake_mutex);
    wakes++;
    pthread_cond_signal(&wake_ready);
    pthread_mutex_unlock(&wake_mutex);
}

void fixture_setup(void)
{
    fixture = (struct fixture){
        .folder = "/tmp/historyd-store-XXXXXX",
        .arena = ARENA_INIT,
        .options = {.version = "test",
                    .synchronous = STORE_SYNC_FULL,
                    .readers = 2,
                    .cache_kib = 2048,
                    .checkpoint_pages = 1000,
                    .journal_bytes = 1 << 20,
                    .wake = wake},
    };
    ck_assert_ptr_nonnull(mkdtemp(fixture.folder));
    snprintf(fixture.path, sizeof(fixture.path), "%s/history.db", fixture.folder);
    fixture.options.path = fixture.path;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void fixture_teardown(void)
{
    fixture_close();
    arena_clear(&fixture.arena);
    ck_assert_int_eq(nftw(fixture.folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fixture_open(void)
{
    int r = store_open(&fixture.options, &fixture.store, &fixture.problem);

    ck_assert_msg(r == 0, "%s", fixture.problem.message);
}

void fixture_open_fails(bool refused)
{
    memset(&fixture.problem, 0xff, sizeof(fixture.problem));
    ck_assert_int_eq(store_open(&fixture.options, &fixture.store, &fixture.problem), -1);
    ck_assert_ptr_null(fixture.store);
    ck_assert_msg(fixture.problem.refused == refused, "%s", fixture.problem.message);
    ck_assert_ptr_nonnull(memchr(fixture.problem.message, 0, sizeof(fixture.problem.message)));
    ck_assert_uint_gt(strlen(fixture.problem.message), 20);
    ck_assert_ptr_null(strchr(fixture.problem.message, '\n'));
}

void fixture_close(void)
{
    store_close(fixture.store);
    fixture.store = NULL;
}

static int test_job_run(struct store_job *job, struct store_db *db)
{
    struct test_job *test = container_of(job, struct test_job, job);

    return test->body(db, test->data);
}

void job_prepare(struct test_job *job, enum store_job_kind kind, job_body body, void *data)
{
    *job = (struct test_job){.body = body, .data = data};
    job->job.kind = kind;
    job->job.run = test_job_run;
    job->job.result = 12345;
    list_init(&job->job.node);
}

void jobs_wait(int n_jobs)
{
    int n_done = 0;

    while (n_done < n_jobs) {
        struct list done;
        struct list *node;

        pthread_mutex_lock(&wake_mutex);
        while (wakes == 0)
            pthread_cond_wait(&wake_ready, &wake_mutex);
        wakes = 0;
        pthread_mutex_unlock(&wake_mutex);
        list_init(&done);
        store_take_done(fixture.store, &done);
        while ((node = list_pop(&done)))
            container_of(container_of(node, struct store_job, node), struct test_job, job)->order =
                ++n_done;
    }
    ck_assert_int_eq(n_done, n_jobs);
}

static sem_t gate_entered;
static sem_t gate_left;
static struct test_job gate_job;

static int gate_body(struct store_db *db, void *data)
{
    (void)db;
    (void)data;
    sem_post(&gate_entered);
    while (sem_wait(&gate_left) != 0)
        ;
    return 0;
}

void gate_shut(void)
{
    ck_assert(sem_init(&gate_entered, 0, 0) == 0 && sem_init(&gate_left, 0, 0) == 0);
    job_prepare(&gate_job, STORE_WRITE, gate_body, NULL);
    store_submit(fixture.store, &gate_job.job);
    while (sem_wait(&gate_entered) != 0)
        ;
}

void gate_open(void)
{
    sem_post(&gate_left);
}

struct store_state state_now(void)
{
    struct store_state state;

    store_state(fixture.store, &state);
    return state;
}

static int run_one(enum store_job_kind kind, job_body body, void *data)
{
    struct test_job job;

    job_prepare(&job, kind, body, data);
    store_submit(fixture.store, &job.job);
    jobs_wait(1);
    return job.job.result;
}

int run_write(job_body body, void *data)
{
    return run_one(STORE_WRITE, body, data);
}

int run_read(job_body body, void *data)
{
    return run_one(STORE_READ, body, data);
}

int run_exclusive(job_body body, void *data)
{
    return run_one(STORE_EXCLUSIVE, body, data);
}

sqlite3 *raw_open(void)
{
    sqlite3 *handle = NULL;

    ck_assert_int_eq(sqlite3_open(fixture.path, &handle), SQLITE_OK);
    return handle;
}

void raw_exec(sqlite3 *handle, const char *sql)
{
    char *error = NULL;
    int rc = sqlite3_exec(handle, sql, NULL, NULL, &error);

    ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, error);
}

int64_t raw_int(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value;

    ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(handle));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void file_exec(const char *sql)
{
    sqlite3 *handle = raw_open();

    raw_exec(handle, sql);
    sqlite3_close(handle);
}

int64_t file_int(const char *sql)
{
    sqlite3 *handle = raw_open();
    int64_t value = raw_int(handle, sql);

    sqlite3_close(handle);
    return value;
}

static void image_name(int file, char *ret_name, size_t size)
{
    static const char *const suffixes[IMAGE_FILES] = {"", "-wal", "-shm", "-journal"};

    snprintf(ret_name, size, "%s%s", fixture.path, suffixes[file]);
}

static struct file_image file_take(int file)
{
    struct file_image image = {.exists = false};
    struct stat status;
    char name[256];
    int fd;

    image_name(file, name, sizeof(name));
    fd = open(name, O_RDONLY);
    if (fd < 0)
        return image;
    image.exists = true;
    ck_assert_int_eq(fstat(fd, &status), 0);
    image.size = (size_t)status.st_size;
    image.changed = status.st_mtim;
    image.bytes = malloc(image.size + 1);
    ck_assert_int_eq(read(fd, image.bytes, image.size), status.st_size);
    close(fd);
    return image;
}

struct database_image image_take(void)
{
    struct database_image image;

    for (int i = 0; i < IMAGE_FILES; i++)
        image.files[i] = file_take(i);
    return image;
}

void image_check(struct database_image *image)
{
    for (int i = 0; i < IMAGE_FILES; i++) {
        struct file_image now = file_take(i);
        struct file_image *then = &image->files[i];

        ck_assert_msg(now.exists == then->exists, "file %d came or went", i);
        ck_assert_msg(now.size == then->size, "file %d: %zu bytes, were %zu", i, now.size,
                      then->size);
        ck_assert_msg(!now.exists || memcmp(now.bytes, then->bytes, now.size) == 0,
                      "file %d has changed", i);
        ck_assert_msg(now.changed.tv_sec == then->changed.tv_sec &&
                          now.changed.tv_nsec == then->changed.tv_nsec,
                      "file %d was written to", i);
        free(now.bytes);
        free(then->bytes);
    }
}

static int insert_body(struct store_db *db, void *data)
{
    return runs_insert(db, data);
}

int insert_run(const char *id, const char *repo_path, const char *started_at, const char *status)
{
    struct run_row run = {.id = id,
                          .repo_path = repo_path,
                          .started_at = started_at,
                          .status = status,
                          .parallelism = 1};

    return run_write(insert_body, &run);
}

struct typed_event {
    const char *run_id;
    struct event_new event;
};

static int typed_body(struct store_db *db, void *data)
{
    const struct typed_event *typed = data;
    struct events_appended appended;

    return events_append(db, typed->run_id, &typed->event, 1, "2026-01-20T14:30:52.000000Z",
                         &appended);
}

int append_typed(const char *run_id, int64_t seq, const char *type)
{
    struct typed_event typed = {.run_id = run_id,
                                .event = {.has_seq = seq > 0, .seq = seq, .type = type}};

    return run_write(typed_body, &typed);
}

void version_1_create(void)
{
    sqlite3 *handle = raw_open();

    for (size_t i = 0; i < n_design_statements; i++)
        raw_exec(handle, design_statements[i]);
    sqlite3_close(handle);
}

int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
