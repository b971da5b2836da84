#include "room.h"

#include "log.h"

/* A disk that is full but for a page is so and is not by turns: it is said once a minute. */
enum { ROOM_SAY_MS = 60000 };

static int room_run(struct store_job *job, struct store_db *db)
{
    (void)job;
    return store_try_room(db);
}

bool room_owns_job(const struct store_job *job)
{
    return job->run == room_run;
}

void room_init(struct room *room, struct store *store)
{
    *room = (struct room){.store = store, .job = {.kind = STORE_WRITE, .run = room_run}};
}

static void room_say(struct room *room, bool full, const char *database, int64_t now)
{
    if (full == room->said || (full && room->said_at > 0 && now - room->said_at < ROOM_SAY_MS))
        return;
    room->said = full;
    if (!full) {
        log_info("there is room on the disk again: what is sent is stored");
        return;
    }
    room->said_at = now;
    log_error("no room on the disk for %s: writes are answered with StorageFull until there is; "
              "make some, nothing needs to be started again",
              database);
}

void room_look(struct room *room, const struct store_state *state, const char *database,
               int64_t now)
{
    room_say(room, state->full, database, now);
    if (!state->full || room->under_way)
        return;
    room->under_way = true;
    store_submit(room->store, &room->job);
}

void room_job_done(struct room *room)
{
    room->under_way = false;
}
