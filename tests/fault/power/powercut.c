/*
 * powercut: what power cuts do to historyd. Records loads, makes the disks that a cut could leave
 * at every point of them, brings each up again and compares with what was acknowledged.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "power_drive.h"
#include "power_hunt.h"

struct options {
    uint64_t seed;
    uint64_t images;
    const char *keep;
    const char *daemon;
    const char *config;
    const char *scene; /* NULL: all */
    const char *replay;
    int processes;
    int every;
    bool forget_folder_syncs;
};

enum { IMAGES_OF_ROUND = 20000 }; /* at most: then new loads are recorded */

static const char usage_text[] =
    "usage: powercut [OPTION...]\n"
    "  --seed N        of all that is drawn; default: 1\n"
    "  --images N      to recover, about; default: 5000\n"
    "  --scene NAME    only this load\n"
    "  --keep-bad DIR  keep bad images and their traces there\n"
    "  --replay NAME   try one image again: the path of a kept trace, @POINT-SEED behind it\n"
    "  --jobs N        processes; default: one for each processor\n"
    "  --every N       each Nth image is brought up by a historyd of its own, the others by its\n"
    "                  start-up code in this process; default: 200, 0: none\n"
    "  --daemon PATH   the historyd to record, default: the one of this build\n"
    "  --store LINE    a line of its configuration, in [store]\n"
    "  --no-folder-syncs\n"
    "                  as if historyd synced no folder\n"
    "Ends with 0 when no image was bad, else with 1.\n";

static int options_read(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {{"seed", required_argument, NULL, 's'},
                                          {"images", required_argument, NULL, 'i'},
                                          {"scene", required_argument, NULL, 'c'},
                                          {"keep-bad", required_argument, NULL, 'k'},
                                          {"replay", required_argument, NULL, 'r'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"every", required_argument, NULL, 'e'},
                                          {"daemon", required_argument, NULL, 'd'},
                                          {"store", required_argument, NULL, 'o'},
                                          {"no-folder-syncs", no_argument, NULL, 'n'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            options->seed = strtoull(optarg, NULL, 0);
            break;
        case 'i':
            options->images = strtoull(optarg, NULL, 0);
            break;
        case 'c':
            options->scene = optarg;
            break;
        case 'k':
            options->keep = optarg;
            break;
        case 'r':
            options->replay = optarg;
            break;
        case 'j':
            options->processes = atoi(optarg);
            break;
        case 'e':
            options->every = atoi(optarg);
            break;
        case 'd':
            options->daemon = optarg;
            break;
        case 'o':
            options->config = optarg;
            break;
        case 'n':
            options->forget_folder_syncs = true;
            break;
        default:
            return -1;
        }
    }
    return optind == argc && options->processes > 0 ? 0 : -1;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void remove_folder(const char *path)
{
    char *line;

    if (asprintf(&line, "rm -rf '%s'", path) < 0)
        abort();
    if (system(line) != 0)
        fprintf(stderr, "powercut: %s stays\n", path);
    free(line);
}

static struct power_hunt hunt_of(const struct options *options, struct power_tally *tally,
                                 const char *trace, const char *scratch)
{
    return (struct power_hunt){.trace = trace,
                               .scratch = scratch,
                               .keep = options->keep,
                               .daemon = options->daemon,
                               .seed = options->seed,
                               .processes = options->processes,
                               .every = options->every,
                               .forget_folder_syncs = options->forget_folder_syncs,
                               .tally = tally};
}

/* One load: recorded, hunted, gone. 0, 1 with bad images, or -1. */
static int scene_run(const struct options *options, struct power_tally *tally, const char *scratch,
                     size_t scene, uint64_t seed, uint64_t images)
{
    struct power_load *load = power_load_new(scene, seed);
    unsigned long long tried = atomic_load(&tally->tried);
    unsigned long long bad = atomic_load(&tally->bad);
    double begun = seconds_now();
    char folder[PATH_MAX];
    char trace[PATH_MAX];
    struct power_drive drive = {.folder = folder,
                                .trace = trace,
                                .daemon = options->daemon,
                                .config = options->config,
                                .recorder = CUT_RECORDER};
    struct power_hunt hunt = hunt_of(options, tally, trace, scratch);
    double recorded;
    int r;

    snprintf(folder, sizeof(folder), "%s/load", scratch);
    snprintf(trace, sizeof(trace), "%s/%s-%" PRIu64, scratch, load->scene->name, seed);
    mkdir(folder, 0700);
    r = power_drive(&drive, load);
    recorded = seconds_now();
    hunt.seed = seed;
    hunt.images = images;
    if (r == 0)
        r = power_hunt(&hunt);
    printf("%-12s seed %" PRIu64 ": recorded in %.1f s, %llu images in %.1f s, %llu bad\n",
           load->scene->name, seed, recorded - begun, atomic_load(&tally->tried) - tried,
           seconds_now() - recorded, atomic_load(&tally->bad) - bad);
    fflush(stdout);
    remove_folder(folder);
    unlink(trace);
    power_load_free(load);
    return r;
}

static size_t scenes_wanted(const struct options *options)
{
    size_t count = 0;

    for (size_t i = 0; i < power_n_scenes; i++)
        count += !options->scene || strcmp(power_scenes[i].name, options->scene) == 0;
    return count;
}

static int all_run(const struct options *options, struct power_tally *tally, const char *scratch)
{
    size_t n_scenes = scenes_wanted(options);
    int r = 0;

    for (uint64_t seed = options->seed; r >= 0 && atomic_load(&tally->tried) < options->images;
         seed++) {
        uint64_t left = options->images - atomic_load(&tally->tried);
        size_t scenes_left = n_scenes;

        left = left < IMAGES_OF_ROUND ? left : IMAGES_OF_ROUND;
        for (size_t i = 0; i < power_n_scenes && r >= 0; i++) {
            unsigned long long before = atomic_load(&tally->tried);

            if (options->scene && strcmp(power_scenes[i].name, options->scene) != 0)
                continue;
            if (scene_run(options, tally, scratch, i, seed, left / scenes_left + 1) < 0)
                r = -1;
            before = atomic_load(&tally->tried) - before;
            left -= before < left ? before : left;
            scenes_left--;
        }
        if (n_scenes == 0)
            r = -1;
    }
    return r;
}

static int replay(const struct options *options, struct power_tally *tally, const char *scratch)
{
    char *trace = strdup(options->replay);
    char *at = trace ? strrchr(trace, '@') : NULL;
    struct power_hunt hunt = hunt_of(options, tally, trace, scratch);
    uint64_t point = 0;
    uint64_t seed = 0;
    int r = -1;

    if (at && sscanf(at, "@%" SCNu64 "-%" SCNx64, &point, &seed) == 2) {
        *at = '\0';
        r = power_hunt_one(&hunt, point, seed);
    } else {
        fprintf(stderr, "powercut: no name of an image: %s\n", options->replay);
    }
    free(trace);
    return r;
}

static void tally_print(const struct power_tally *tally, const struct options *options,
                        double seconds)
{
    unsigned long long tried = atomic_load(&tally->tried);

    printf("seed %" PRIu64 ": %llu images recovered and compared (%llu different ones, %llu drawn,"
           " %llu by a daemon) in %.0f s, %.0f/s: %llu bad\n",
           options->seed, tried, atomic_load(&tally->distinct), atomic_load(&tally->drawn),
           atomic_load(&tally->daemons), seconds, (double)tried / seconds,
           atomic_load(&tally->bad));
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1,
                              .images = 5000,
                              .daemon = HISTORYD_BUILT_BINARY,
                              .processes = (int)sysconf(_SC_NPROCESSORS_ONLN),
                              .every = 200};
    char scratch[] = "/dev/shm/powercut.XXXXXX";
    char fallback[] = "/tmp/powercut.XXXXXX";
    struct power_tally *tally;
    const char *folder;
    double begun = seconds_now();
    int r;

    if (options_read(argc, argv, &options) < 0) {
        fputs(usage_text, stderr);
        return 2;
    }
    folder = mkdtemp(scratch);
    if (!folder)
        folder = mkdtemp(fallback);
    tally = power_tally_new(options.images);
    if (!folder || !tally) {
        fprintf(stderr, "powercut: %s\n", strerror(errno));
        return 1;
    }
    r = options.replay ? replay(&options, tally, folder) : all_run(&options, tally, folder);
    if (!options.replay)
        tally_print(tally, &options, seconds_now() - begun);
    remove_folder(folder);
    return r < 0 || atomic_load(&tally->bad) > 0 || r > 0 ? 1 : 0;
}
