/*
 * loop_private: the loop as this room sees it.
 */
#pragma once

#include <uv.h>

#include "loop.h"

struct loop {
    uv_loop_t uv;
};
