/*
 * historyd/historyd.h: everything of the client library.
 */
#ifndef HISTORYD_HISTORYD_H
#define HISTORYD_HISTORYD_H

#include <historyd/calls.h>
#include <historyd/client.h>
#include <historyd/recorder.h>
#include <historyd/types.h>

#endif
