#include "pair.h"

#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "seed.h"

/* Enough to fill the write-ahead log beyond a checkpoint: from then on both sides write over a log
 * that is there, which is quicker than letting it grow. */
enum { WARM_EVENTS = 32000 };

static void pair_warm(struct pair *pair)
{
    struct load_spec spec = {
        .clients = 16, .events = 100, .in_flight = 1, .calls = WARM_EVENTS / 100};

    sqlite_side_record(&pair->raw, WARM_EVENTS, 1000, NULL);
    load_once(&spec, &pair->daemon, NULL);
    pair->daemon.wal_most = 0;
}

struct pair *pair_open(struct bench *bench)
{
    if (bench->pair)
        return bench->pair;
    seed_make(bench);
    bench_copy(bench, "seed.db", "raw.db");
    bench_copy(bench, "seed.db", "daemon.db");
    bench->pair = bench_alloc(sizeof(*bench->pair));
    sqlite_side_open(&bench->pair->raw, &bench->shape, bench_path(bench, "raw.db"));
    daemon_start(&bench->pair->daemon, bench, "daemon.db", NULL);
    pair_warm(bench->pair);
    return bench->pair;
}

void pair_close(struct bench *bench)
{
    if (!bench->pair)
        return;
    sqlite_side_close(&bench->pair->raw);
    daemon_stop(&bench->pair->daemon);
    free(bench->pair);
    bench->pair = NULL;
    unlink(bench_path(bench, "raw.db"));
    unlink(bench_path(bench, "daemon.db"));
}

bool pair_holds(const struct pair *pair)
{
    const struct sqlite_side *raw = &pair->raw;
    const char *path = sqlite3_db_filename(raw->handle, "main");
    bool raw_holds = sqlite_holds(path, raw->shape, raw->base_id, raw->appended, raw->next_seq);

    /* Both are looked at, so that both are told. */
    return daemon_holds(&pair->daemon) && raw_holds;
}
