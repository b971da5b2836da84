#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: historyd-bench [--quick] [--json] [--rows NAME,...] [OPTION...]\n"
    "\n"
    "Measures historyd against raw SQLite on this machine and prints a table, each figure\n"
    "beside its goal.\n"
    "\n"
    "  --quick          short slices, about a minute; figures are only indicative\n"
    "  --rows NAME,...  these rows only, in the order below\n"
    "  --json           print JSON instead of the table\n"
    "  --rounds N       rounds of each comparison, at least 1; default: 5\n"
    "  --seconds N      length of each slice with an arrival rate\n"
    "  --seed N         events in the database beforehand; default: 1000000\n"
    "  --connections N  idle connections to open; default: 10000, with --quick 1000\n"
    "  --folder PATH    make the temporary folder there, on a real disk; default: /var/tmp\n"
    "  --daemon PATH    the historyd to measure; default: the one built with this\n"
    "\n"
    "The shape of the events, of all rows:\n"
    "  --payload BYTES  default: 120\n"
    "  --runs N         active at once, 1 to 400; default: 16\n"
    "  --units N        of each run, 1 to 400; default: 50\n"
    "\n"
    "The row \"custom\":\n"
    "  --clients N      1 to 256; default: 16\n"
    "  --events N       in each call; default: 100\n"
    "  --in-flight N    calls of each client under way; default: 1\n"
    "  --calls N        of all clients in a round; default: 1600\n"
    "  --rate N         calls a second of all clients, at moments fixed beforehand\n"
    "  --library        through the client library instead of bytes made beforehand\n"
    "  --unnumbered     without numbers of the client's own\n"
    "  --readers N      paging old runs meanwhile\n"
    "  --watchers N     of one run; takes --clients 1 and a --rate\n"
    "\n"
    "Rows:\n";

void bench_usage(void)
{
    fputs(usage, stdout);
    for (size_t i = 0; i < n_bench_rows; i++)
        printf("  %-12s %s%s\n", bench_rows[i].name, bench_rows[i].about,
               bench_rows[i].asked ? " (only when named)" : "");
}

static _Noreturn void wrong(const char *option, const char *value)
{
    fprintf(stderr, "historyd-bench: --%s: %s is not allowed\nTry: historyd-bench --help\n", option,
            value);
    exit(EXIT_USAGE);
}

static double number_read(const char *option, const char *text, double least, double most)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= least && value <= most))
        wrong(option, text);
    return value;
}

static bool row_is_known(const char *name, size_t size)
{
    for (size_t i = 0; i < n_bench_rows; i++)
        if (strlen(bench_rows[i].name) == size && strncmp(bench_rows[i].name, name, size) == 0)
            return true;
    return false;
}

static void rows_check(const char *rows)
{
    while (*rows) {
        size_t size = strcspn(rows, ",");

        if (!row_is_known(rows, size))
            wrong("rows", rows);
        rows += size;
        rows += *rows == ',';
    }
}

enum number {
    NUMBER_ROUNDS = 256,
    NUMBER_SECONDS,
    NUMBER_SEED,
    NUMBER_CONNECTIONS,
    NUMBER_PAYLOAD,
    NUMBER_RUNS,
    NUMBER_UNITS,
    NUMBER_CLIENTS,
    NUMBER_EVENTS,
    NUMBER_IN_FLIGHT,
    NUMBER_CALLS,
    NUMBER_RATE,
    NUMBER_READERS,
    NUMBER_WATCHERS,
};

static const struct option known[] = {
    {"quick", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, 'j'},
    {"rows", required_argument, NULL, 'r'},
    {"folder", required_argument, NULL, 'f'},
    {"daemon", required_argument, NULL, 'd'},
    {"library", no_argument, NULL, 'l'},
    {"unnumbered", no_argument, NULL, 'u'},
    {"help", no_argument, NULL, 'h'},
    {"rounds", required_argument, NULL, NUMBER_ROUNDS},
    {"seconds", required_argument, NULL, NUMBER_SECONDS},
    {"seed", required_argument, NULL, NUMBER_SEED},
    {"connections", required_argument, NULL, NUMBER_CONNECTIONS},
    {"payload", required_argument, NULL, NUMBER_PAYLOAD},
    {"runs", required_argument, NULL, NUMBER_RUNS},
    {"units", required_argument, NULL, NUMBER_UNITS},
    {"clients", required_argument, NULL, NUMBER_CLIENTS},
    {"events", required_argument, NULL, NUMBER_EVENTS},
    {"in-flight", required_argument, NULL, NUMBER_IN_FLIGHT},
    {"calls", required_argument, NULL, NUMBER_CALLS},
    {"rate", required_argument, NULL, NUMBER_RATE},
    {"readers", required_argument, NULL, NUMBER_READERS},
    {"watchers", required_argument, NULL, NUMBER_WATCHERS},
    {NULL, 0, NULL, 0},
};

static void number_set(struct bench_options *options, enum number number, const char *name)
{
    struct load_spec *custom = &options->custom;

    switch (number) {
    case NUMBER_ROUNDS:
        options->rounds = (int)number_read(name, optarg, 1, 1000);
        break;
    case NUMBER_SECONDS:
        options->seconds = number_read(name, optarg, 0.1, 3600);
        break;
    case NUMBER_SEED:
        options->seed_events = (int64_t)number_read(name, optarg, 1, 1e9);
        break;
    case NUMBER_CONNECTIONS:
        options->connections = (unsigned)number_read(name, optarg, 1, 10000);
        break;
    case NUMBER_PAYLOAD:
        options->payload = (unsigned)number_read(name, optarg, 80, 1 << 20);
        break;
    case NUMBER_RUNS:
        options->runs = (unsigned)number_read(name, optarg, 1, SHAPE_RUNS_MOST);
        break;
    case NUMBER_UNITS:
        options->units = (unsigned)number_read(name, optarg, 1, SHAPE_UNITS);
        break;
    case NUMBER_CLIENTS:
        custom->clients = (unsigned)number_read(name, optarg, 1, 256);
        break;
    case NUMBER_EVENTS:
        custom->events = (unsigned)number_read(name, optarg, 1, 10000);
        break;
    case NUMBER_IN_FLIGHT:
        custom->in_flight = (unsigned)number_read(name, optarg, 1, 1000);
        break;
    case NUMBER_CALLS:
        custom->calls = (size_t)number_read(name, optarg, 1, 1e8);
        break;
    case NUMBER_RATE:
        custom->rate = number_read(name, optarg, 0.1, 1e6);
        break;
    case NUMBER_READERS:
        options->readers = (unsigned)number_read(name, optarg, 0, 1000);
        break;
    case NUMBER_WATCHERS:
        options->watchers = (unsigned)number_read(name, optarg, 0, 1000);
        break;
    }
}

static void option_set(struct bench_options *options, int option, const char *name)
{
    switch (option) {
    case 'q':
        options->quick = true;
        break;
    case 'j':
        options->json = true;
        break;
    case 'r':
        rows_check(optarg);
        options->rows = optarg;
        break;
    case 'f':
        options->folder = optarg;
        break;
    case 'd':
        options->daemon = optarg;
        break;
    case 'l':
        options->custom.by_library = true;
        break;
    case 'u':
        options->custom.unnumbered = true;
        break;
    case 'h':
        options->help = true;
        break;
    default:
        number_set(options, (enum number)option, name);
    }
}

void bench_options_read(int argc, char **argv, struct bench_options *options)
{
    int index = 0;
    int option;

    *options = (struct bench_options){
        .rounds = 5,
        .folder = "/var/tmp",
        .daemon = HISTORYD_BUILT_BINARY,
        .seed_events = 1000000,
        .payload = 120,
        .runs = 16,
        .units = 50,
        .custom = {.clients = 16, .events = 100, .in_flight = 1, .calls = 1600},
    };
    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == '?') {
            fputs("Try: historyd-bench --help\n", stderr);
            exit(EXIT_USAGE);
        }
        option_set(options, option, known[index].name);
    }
    if (optind < argc)
        wrong("", argv[optind]);
    if (options->connections == 0)
        options->connections = options->quick ? 1000 : 10000;
}
