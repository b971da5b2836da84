/*
 * fault_judge: what a daemon that played the load left behind, compared with what it answered.
 */
#pragma once

#include "fault_play.h"

/* Starts a daemon whose calls do not fail on the database, lets it check itself, and reads what is
 * stored. What is against the promises is put into `played->problem`. */
void fault_judge(const struct fault_place *place, struct fault_played *played);
