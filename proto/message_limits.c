#include "message_limits.h"

const struct limits limits_default = {
    .message = 16 * 1024 * 1024,
    .depth = 64,
    .values = 500000,
    .events = 10000,
    .payload = 1024 * 1024,
    .error = 64 * 1024,
    .type = 128,
    .unit = 1024,
    .label = 1024,
    .reason = 1024,
    .path = 4096,
    .nodes = 100000,
    .edges = 500000,
};

const struct limits limits_reply = {
    .message = INT64_C(4000000000),
    .depth = 1024,
    .values = INT64_C(4000000000),
    .events = INT64_MAX,
    .payload = INT64_MAX,
    .error = INT64_MAX,
    .type = INT64_MAX,
    .unit = INT64_MAX,
    .label = INT64_MAX,
    .reason = INT64_MAX,
    .path = INT64_MAX,
    .nodes = INT64_MAX,
    .edges = INT64_MAX,
};
