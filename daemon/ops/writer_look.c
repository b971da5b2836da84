#include "writer_look.h"

void writer_look_at(struct writer_look *look, const struct store_state *state, int64_t now)
{
    if (!state->writer_busy) {
        look->mood = WRITER_IDLE;
        look->busy_ms = 0;
        return;
    }
    if (look->mood == WRITER_IDLE || look->turns != state->writer_turns)
        look->since = now;
    look->turns = state->writer_turns;
    look->busy_ms = now - look->since;
    look->mood = look->busy_ms < WRITER_STUCK_MS ? WRITER_BUSY : WRITER_STUCK;
}

const char *writer_mood_name(enum writer_mood mood)
{
    switch (mood) {
    case WRITER_IDLE:
        return "idle";
    case WRITER_BUSY:
        return "busy";
    case WRITER_STUCK:
        return "stuck";
    }
    return "";
}
