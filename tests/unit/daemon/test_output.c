/*
 * How connections send. The loop is the test's own, and so are both ends of each connection: what a
 * turn of the loop has sent can be looked at when it ends.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection_private.h"
#include "metrics.h"

enum {
    TURNS = 5, /* that a message of the spender takes the time of */
    LARGE = 3 << 20,
    LAST_TURN = 100000,
};

static struct loop *loop;
static struct network *network;
static struct turn_watch *turns;
static struct wake *wake;
static int n_turns;
static int answered; /* the turn in which the last message was answered */
static int n_answers;
static size_t answer_size;
static int drained;

static struct connection_budget budget;
static struct connection *spender;
static int far; /* the other end of the spender's connection */

static void (*turn_ended)(void);

static void turn_ends(void *data)
{
    (void)data;
    n_turns++;
    ck_assert_int_lt(n_turns, LAST_TURN);
    turn_ended();
    network_turn_ends(network);
}

static char answer[LARGE]; /* its first `answer_size` bytes */

/* Bytes that tell where they belong. */
static void answer_make(size_t size)
{
    answer_size = size;
    for (size_t i = 0; i < size; i++)
        answer[i] = (char)('a' + i % 23);
}

/* `work` spends the time that some turns have for sending; every message is answered. */
static bool take_message(struct connection *connection, const char *text, size_t size)
{
    int64_t end = metrics_now() + TURNS * BUDGET_TURN_US;
    struct time_share *before = network_serve(network, connection_output_share(connection));

    if (size == 4 && memcmp(text, "work", 4) == 0)
        while (metrics_now() < end)
            continue;
    network_serve(network, before);
    buffer_append(connection_output(connection), answer, answer_size);
    answered = n_turns;
    n_answers++;
    return true;
}

static void count_drained(struct connection *connection)
{
    (void)connection;
    drained++;
}

static void fail_fault(struct connection *connection, enum connection_fault fault, int64_t bytes)
{
    (void)connection;
    ck_abort_msg("fault %d after %lld bytes", (int)fault, (long long)bytes);
}

static void ignore(struct connection *connection)
{
    (void)connection;
}

static void nothing(void *data)
{
    (void)data;
}

static struct connection *open_one(struct connection_budget *of, int *ret_far)
{
    struct connection *connection;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    ck_assert_int_eq(connection_open(network, ends[0], &connection), 0);
    connection_set_user(connection, &budget);
    if (of)
        connection_set_budget(connection, of);
    *ret_far = ends[1];
    return connection;
}

static void setup(void)
{
    const struct network_options options = {
        .message_bytes = 1024,
        .message_ms = 60000,
        .send_ms = 60000,
        .input_bytes = 1 << 20,
        .output_bytes = 1 << 30,
        .handlers = {.message = take_message,
                     .fault = fail_fault,
                     .ended = ignore,
                     .drained = count_drained,
                     .closed = ignore},
    };

    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(network_new(loop, &options, &network), 0);
    ck_assert_int_eq(turn_watch_new(loop, turn_ends, NULL, &turns), 0);
    ck_assert_int_eq(wake_new(loop, nothing, NULL, &wake), 0);
    connection_budget_init(&budget);
    budget.limit = 1 << 20;
    spender = open_one(&budget, &far);
    answer_make(10);
    answered = -1;
}

static void close_one(struct connection *connection, void *data)
{
    (void)data;
    connection_close(connection);
}

static void teardown(void)
{
    network_for_each(network, close_one, NULL);
    turn_watch_close(turns);
    wake_close(wake);
    network_free(network);
    loop_free(loop);
    close(far);
}

static void say(int fd, const char *message)
{
    ck_assert_int_eq(send(fd, message, strlen(message) + 1, MSG_NOSIGNAL),
                     (ssize_t)strlen(message) + 1);
}

/* How much can be read now; it is read, and compared. */
static size_t read_on(int fd, size_t already)
{
    static char bytes[LARGE];
    ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

    ck_assert(n > 0 || (n < 0 && errno == EAGAIN));
    if (n < 0)
        return 0;
    ck_assert_uint_le(already + (size_t)n, answer_size);
    ck_assert_mem_eq(bytes, answer + already, (size_t)n);
    return (size_t)n;
}

/* --- the tests -------------------------------------------------------------------------------- */

static size_t got;

static void stop_when_answered(void)
{
    got += read_on(far, got);
    if (got == answer_size)
        loop_stop(loop);
}

/* Who has time left is answered in the turn that brought the question. */
START_TEST(sends_at_once)
{
    turn_ended = stop_when_answered;
    say(far, "ask");
    loop_run(loop);
    ck_assert_int_eq(n_turns - 1, answered);
}
END_TEST

/* Who has spent turns is sent nothing before they are over; and then is, and the user is told. */
START_TEST(waits_for_its_turn)
{
    turn_ended = stop_when_answered;
    say(far, "work");
    loop_run(loop);
    ck_assert_int_ge(n_turns - 1 - answered, TURNS - 1);
    ck_assert_int_ge(drained, 1);
}
END_TEST

static int neighbour;
static size_t neighbour_got;

static void neighbour_first(void)
{
    if (neighbour_got < answer_size)
        neighbour_got += read_on(neighbour, neighbour_got);
    if (neighbour_got == answer_size && answered >= 0 && n_turns == answered + 1)
        ck_assert_uint_eq(read_on(far, 0), 0);
    stop_when_answered();
}

/* Nobody else waits for it. */
START_TEST(others_are_sent_to)
{
    turn_ended = neighbour_first;
    open_one(NULL, &neighbour);
    say(far, "work");
    say(neighbour, "ask");
    loop_run(loop);
    ck_assert_uint_eq(neighbour_got, answer_size);
    close(neighbour);
}
END_TEST

static void stop_when_both_read(void)
{
    if (n_answers == 2)
        loop_stop(loop);
}

/* Who has spent its time for sending has that for reading still. */
START_TEST(reads_while_it_waits)
{
    int other;

    turn_ended = stop_when_both_read;
    open_one(&budget, &other);
    say(far, "work");
    say(other, "ask");
    loop_run(loop);
    ck_assert_int_le(n_turns, 2);
    ck_assert_uint_eq(read_on(far, 0), 0);
    close(other);
}
END_TEST

static void finish_when_answered(void)
{
    if (answered == n_turns - 1)
        connection_finish(spender);
    stop_when_answered();
}

/* The last answer is sent, though the end was asked for while it waited. */
START_TEST(finished_while_it_waits)
{
    turn_ended = finish_when_answered;
    say(far, "work");
    loop_run(loop);
    ck_assert_uint_eq(got, answer_size);
}
END_TEST

/* And goes on until its turn would have come. */
static void close_when_waiting(void)
{
    if (answered == n_turns - 1)
        connection_close(spender);
    if (answered >= 0 && n_turns > answered + 2 * TURNS)
        loop_stop(loop);
    wake_send(wake);
}

START_TEST(closed_while_it_waits)
{
    turn_ended = close_when_waiting;
    say(far, "work");
    loop_run(loop);
    ck_assert_int_lt(recv(far, &(char){0}, 1, 0), 1);
}
END_TEST

/* More than the kernel takes at once goes as the peer reads, in order, and the backlog tells how
 * much is left. */
START_TEST(large_answers)
{
    answer_make(LARGE);
    turn_ended = stop_when_answered;
    say(far, _i ? "work" : "ask");
    loop_run(loop);
    ck_assert_uint_eq(connection_backlog(spender), 0);
    ck_assert_uint_eq(network_unread(network), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tests = tcase_create("output");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, sends_at_once);
    tcase_add_test(tests, waits_for_its_turn);
    tcase_add_test(tests, others_are_sent_to);
    tcase_add_test(tests, reads_while_it_waits);
    tcase_add_test(tests, finished_while_it_waits);
    tcase_add_test(tests, closed_while_it_waits);
    tcase_add_loop_test(tests, large_answers, 0, 2);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
