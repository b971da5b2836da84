/*
 * The door between the readers and the log. What a reader may still need stays in the log, so
 * readers that follow each other without a gap keep it from ever starting anew. When it has
 * outgrown its size the writer shuts the door: who is inside reads on, who comes waits, and when
 * the last is out the writer moves the whole log and opens. The writer itself waits for nobody.
 *
 * Nor does anybody wait for long. A long read inside leaves the door open for the short ones,
 * because nothing is won before it is out; only the next long one waits. And DOOR_S after the last
 * long read went, whoever waits lets himself in, and the writer tries again when the log has grown.
 */
#include <errno.h>
#include <time.h>

#include "store_threads.h"

/* A reader is out in milliseconds, but where processors are short it may take a second. */
enum { DOOR_S = 2 };

static bool reader_is_long(const struct reader *reader)
{
    return reader->jobs == &reader->store->long_reads;
}

static void until_set(struct door *door)
{
    clock_gettime(CLOCK_MONOTONIC, &door->until);
    door->until.tv_sec += DOOR_S;
}

static bool until_passed(const struct door *door)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > door->until.tv_sec ||
           (now.tv_sec == door->until.tv_sec && now.tv_nsec >= door->until.tv_nsec);
}

void door_shut(struct store *store)
{
    store->door.shut = true;
    until_set(&store->door);
}

void door_open(struct store *store)
{
    store->door.shut = false;
    pthread_cond_broadcast(&store->door.opened);
}

bool door_is_clear(const struct store *store)
{
    return store->door.shut && store->door.inside == 0;
}

void door_enter(struct reader *reader)
{
    struct store *store = reader->store;
    struct door *door = &store->door;
    bool is_long = reader_is_long(reader);

    while (door->shut && !store->closing && (is_long || !door->long_inside))
        if (pthread_cond_timedwait(&door->opened, &store->mutex, &door->until) == ETIMEDOUT &&
            until_passed(door))
            door_open(store);
    door->inside++;
    door->long_inside = door->long_inside || is_long;
}

void door_leave(struct reader *reader)
{
    struct store *store = reader->store;
    struct door *door = &store->door;

    door->inside--;
    if (reader_is_long(reader)) {
        door->long_inside = false;
        until_set(door);
    }
    if (door_is_clear(store))
        pthread_cond_signal(&store->writes_ready);
}
