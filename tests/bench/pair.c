#include "pair.h"

#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "seed.h"

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
