/*
 * denials: which refusals of access were logged lately.
 *
 * A peer may be refused as often as it likes, and the log is to hear of it once a minute: a peer
 * here is a user and the role they lack. It outlives connections, so that connecting anew does not
 * make a peer new; of more peers than it has places for, the one logged longest ago is forgotten. A
 * plain value, empty when zeroed. Loop thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "access.h"

enum { DENIALS_PEERS = 32, DENIALS_MS = 60000 };

struct denials {
    struct {
        bool used;
        uid_t uid;
        enum role role;
        int64_t at;     /* logged */
        int64_t silent; /* refused since without a line */
    } peers[DENIALS_PEERS];
};

/* True when this refusal is to be logged; `ret_silent` is then how many since the last line were
 * not. `now` is monotonic milliseconds. */
bool denials_note(struct denials *denials, uid_t uid, enum role role, int64_t now,
                  int64_t *ret_silent);
