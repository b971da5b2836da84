#include "denials.h"

#include <stddef.h>

bool denials_note(struct denials *denials, uid_t uid, enum role role, int64_t now,
                  int64_t *ret_silent)
{
    size_t place = 0;

    for (size_t i = 0; i < DENIALS_PEERS; i++) {
        if (denials->peers[i].used && denials->peers[i].uid == uid &&
            denials->peers[i].role == role) {
            place = i;
            break;
        }
        if (denials->peers[place].used &&
            (!denials->peers[i].used || denials->peers[i].at < denials->peers[place].at))
            place = i;
    }
    if (!denials->peers[place].used || denials->peers[place].uid != uid ||
        denials->peers[place].role != role) {
        denials->peers[place].silent = 0;
    } else if (now - denials->peers[place].at < DENIALS_MS) {
        denials->peers[place].silent++;
        return false;
    }
    *ret_silent = denials->peers[place].silent;
    denials->peers[place].used = true;
    denials->peers[place].uid = uid;
    denials->peers[place].role = role;
    denials->peers[place].at = now;
    denials->peers[place].silent = 0;
    return true;
}
