#include "session_reads.h"

#include "session_private.h"

enum {
    READS_QUICK_MOST = 8,         /* with the store at a time */
    READS_SLOW_US = 20000,        /* a session whose read took longer is slow until one does not */
    READS_UNREAD_MOST = 128 << 20 /* bytes of answers that stand unread */
};

void reads_init(struct reads *reads, int readers)
{
    for (int i = 0; i < READS_LANES; i++) {
        list_init(&reads->lanes[i].waiting);
        reads->lanes[i].running = 0;
    }
    reads->lanes[READS_QUICK].most = READS_QUICK_MOST;
    reads->lanes[READS_SLOW].most = readers > 1 ? readers - 1 : 1;
    reads->pumping = false;
}

static bool lane_has_room(const struct reads *reads, enum reads_lane lane,
                          const struct session *session)
{
    return reads->lanes[lane].running < reads->lanes[lane].most &&
           network_unread(connection_network(session->connection)) <= READS_UNREAD_MOST;
}

bool reads_admit(struct reads *reads, enum reads_lane lane, struct session *session)
{
    /* Who waits is not overtaken. */
    if ((session->called || list_empty(&reads->lanes[lane].waiting)) &&
        lane_has_room(reads, lane, session))
        return true;
    if (list_empty(&session->turn))
        list_push(&reads->lanes[lane].waiting, &session->turn);
    return false;
}

void reads_started(struct reads *reads, enum reads_lane lane)
{
    reads->lanes[lane].running++;
}

void reads_done(struct reads *reads, enum reads_lane lane, int64_t microseconds,
                struct session *session)
{
    reads->lanes[lane].running--;
    session->slow = microseconds > READS_SLOW_US;
}

/* A session that is called and finds no room queues again, behind the others: one round at most. */
static void lane_pump(struct reads *reads, enum reads_lane lane)
{
    struct list round;

    list_init(&round);
    list_splice(&round, &reads->lanes[lane].waiting);
    while (!list_empty(&round)) {
        struct session *session = container_of(round.next, struct session, turn);

        if (session->connection && !lane_has_room(reads, lane, session))
            break;
        list_remove(&session->turn);
        session_enter(session);
        session->called = true;
        session_advance(session);
        session->called = false;
        session_leave(session);
    }
    /* Those not called keep their places before who came meanwhile. */
    list_splice(&round, &reads->lanes[lane].waiting);
    list_splice(&reads->lanes[lane].waiting, &round);
}

void reads_pump(struct reads *reads)
{
    if (reads->pumping)
        return;
    reads->pumping = true;
    lane_pump(reads, READS_QUICK);
    lane_pump(reads, READS_SLOW);
    reads->pumping = false;
}
