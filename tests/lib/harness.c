#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, LOG_TAIL = 16384 };

struct kept {
    struct kept *next;
    void *object;
    void (*release)(void *object);
};

static struct kept *kept_objects;
static struct kept *kept_memory; /* released by free() alone */
static char folder[256];
static int janitor_pipe = -1;
static pid_t janitor_pid;
static uint32_t random_state;

/* --- memory ----------------------------------------------------------------------------------- */

void *harness_keep(void *object, void (*release)(void *object))
{
    struct kept **list = release == free ? &kept_memory : &kept_objects;
    struct kept *kept;

    ck_assert_msg(object != NULL, "out of memory");
    kept = malloc(sizeof(*kept));
    ck_assert_msg(kept != NULL, "out of memory");
    *kept = (struct kept){.next = *list, .object = object, .release = release};
    *list = kept;
    return object;
}

static void kept_release(struct kept **list)
{
    while (*list) {
        struct kept *kept = *list;

        *list = kept->next;
        kept->release(kept->object);
        free(kept);
    }
}

void *harness_alloc(size_t size)
{
    return harness_keep(calloc(1, size ? size : 1), free);
}

void *harness_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

char *harness_quote(const char *text)
{
    char *copy = harness_keep(strdup(text), free);

    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

char *harness_vtext(const char *format, va_list arguments)
{
    char *text;
    int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    n = vasprintf(&text, harness_quote(format), arguments);
#pragma GCC diagnostic pop
    ck_assert_msg(n >= 0, "out of memory");
    return harness_keep(text, free);
}

char *harness_text(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = harness_vtext(format, arguments);
    va_end(arguments);
    return text;
}

char *harness_repeat(const char *unit, size_t count)
{
    size_t size = strlen(unit);
    char *text = harness_alloc(size * count + 1);

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, unit, size);
    return text;
}

/* --- files ------------------------------------------------------------------------------------ */

const char *harness_folder(void)
{
    return folder;
}

const char *harness_path(const char *name)
{
    char *path = harness_alloc(strlen(folder) + strlen(name) + 2);

    sprintf(path, "%s/%s", folder, name);
    return path;
}

void harness_write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wbe");

    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

char *harness_read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rbe");
    struct stat status;
    char *text;
    size_t size;

    if (!file)
        return NULL;
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    text = harness_alloc((size_t)status.st_size + 1);
    size = fread(text, 1, (size_t)status.st_size, file);
    fclose(file);
    if (ret_size)
        *ret_size = size;
    return text;
}

bool harness_exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

static int tree_remove_one(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    (void)status;
    (void)ftw;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static void folder_remove(void)
{
    nftw(folder, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* --- the helper that outlives a failed test --------------------------------------------------- */

static int log_print(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    const char *dot = strrchr(path, '.');
    static char bytes[LOG_TAIL];
    ssize_t n = 0;
    int fd;

    (void)ftw;
    if (kind != FTW_F || !dot || strcmp(dot, ".log") != 0 || status->st_size == 0)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (status->st_size > LOG_TAIL)
        lseek(fd, -LOG_TAIL, SEEK_END);
    dprintf(STDERR_FILENO, "--- %s%s\n", status->st_size > LOG_TAIL ? "end of " : "", path);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        if (write(STDERR_FILENO, bytes, (size_t)n) < 0)
            break;
    close(fd);
    return 0;
}

static void janitor_run(int fd, uint32_t seed)
{
    char byte;
    ssize_t n;

    setsid();
    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1) {
        dprintf(STDERR_FILENO, "--- the test in %s failed (random seed %u)\n", folder, seed);
        nftw(folder, log_print, 16, FTW_PHYS);
        if (!getenv("HISTORYD_TEST_KEEP"))
            folder_remove();
    }
    _exit(0);
}

static void janitor_start(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    janitor_pid = fork();
    ck_assert_int_ge(janitor_pid, 0);
    if (janitor_pid == 0) {
        close(ends[1]);
        janitor_run(ends[0], random_state);
    }
    close(ends[0]);
    janitor_pipe = ends[1];
}

/* --- the fixture ------------------------------------------------------------------------------ */

void harness_setup(void)
{
    const char *base = getenv("TMPDIR");
    const char *seed = getenv("HISTORYD_TEST_SEED");

    signal(SIGPIPE, SIG_IGN);
    /* Check's own handlers kill the whole test; a child that has not yet become another program
     * would do so in place of dying alone. */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    random_state =
        seed ? (uint32_t)strtoul(seed, NULL, 10) : (uint32_t)harness_now() ^ (uint32_t)getpid();
    snprintf(folder, sizeof(folder), "%s/historyd-test.XXXXXX",
             base && strlen(base) < 60 ? base : "/tmp");
    ck_assert_msg(mkdtemp(folder) != NULL, "%s: %s", folder, strerror(errno));
    janitor_start();
}

void harness_teardown(void)
{
    /* What ends a daemon still reads its paths. */
    kept_release(&kept_objects);
    kept_release(&kept_memory);
    folder_remove();
    ck_assert_msg(!harness_exists(folder), "%s could not be removed", folder);
    ck_assert_int_eq(write(janitor_pipe, "k", 1), 1);
    close(janitor_pipe);
    waitpid(janitor_pid, NULL, 0);
}

/* --- time ------------------------------------------------------------------------------------- */

int64_t harness_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What makes Check wait longer for a test makes the test wait longer, too. */
int64_t harness_deadline(void)
{
    const char *text = getenv("CK_TIMEOUT_MULTIPLIER");
    double times = text ? strtod(text, NULL) : 1;

    return harness_now() + (int64_t)(PATIENCE_MS * (times > 1 ? times : 1));
}

int harness_left(int64_t deadline, const char *what)
{
    int64_t left = deadline - harness_now();

    ck_assert_msg(left > 0, "waited in vain for %s", what);
    return (int)left;
}

void harness_turn(int64_t deadline, const char *what)
{
    harness_left(deadline, what);
    poll(NULL, 0, 2);
}

static double scale(void)
{
    const char *text = getenv("HISTORYD_TEST_SCALE");
    double value = text ? strtod(text, NULL) : 1;

    return value > 0 ? value : 1;
}

long harness_scaled(long count, long minimum)
{
    long scaled = (long)((double)count * scale());

    return scaled > minimum ? scaled : minimum;
}

uint32_t harness_random(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

TCase *harness_case_with(Suite *suite, const char *name, double seconds, void (*setup)(void))
{
    TCase *test_case = tcase_create(name);

    tcase_add_checked_fixture(test_case, setup, harness_teardown);
    tcase_set_timeout(test_case, scale() > 1 ? seconds * scale() : seconds);
    suite_add_tcase(suite, test_case);
    return test_case;
}

TCase *harness_case(Suite *suite, const char *name, double seconds)
{
    return harness_case_with(suite, name, seconds, harness_setup);
}

int harness_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
