/*
 * bad_input: messages that are wrong, and the documented answer to each.
 *
 * In a message ' stands for ". One ^ stands in front of the byte whose offset a MalformedMessage
 * must name, two for the first and the last offset that are right; none where the place is open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bad_input {
    const char *message;
    const char *(*build)(void); /* instead of `message`, where it is too long to write down */
    const char *error;          /* short name */
    const char *parameters; /* JSON; members not given are not looked at; NULL: none looked at */
    bool closes;
};

#define HISTORY_CALL(method, parameters)                                                           \
    "{'method':'dev.historyd.history." method "','parameters':" parameters "}"
#define HISTORY_STREAM(method, parameters)                                                         \
    "{'method':'dev.historyd.history." method "','more':true,'parameters':" parameters "}"
#define APPEND_EVENTS(events) HISTORY_CALL("AppendEvents", "{'run_id':'r','events':" events "}")
#define APPEND_EVENT(event)   APPEND_EVENTS("[{" event "}]")
#define PUT_GRAPH(nodes, edges)                                                                    \
    HISTORY_CALL("PutGraph", "{'run_id':'r','graph':{'nodes':[" nodes "],'edges':[" edges "]}}")

#define MALFORMED(text)                                                                            \
    {                                                                                              \
        .message = text, .error = "MalformedMessage", .closes = true                               \
    }
#define REFUSED(text, name, expected)                                                              \
    {                                                                                              \
        .message = text, .error = name, .parameters = expected                                     \
    }
#define INVALID(text, field) REFUSED(text, "InvalidParameter", "{'parameter':'" field "'}")
#define LONG(function, name, expected, end)                                                        \
    {                                                                                              \
        .build = function, .error = name, .parameters = expected, .closes = end                    \
    }

extern const struct bad_input bad_messages[];
extern const size_t n_bad_messages;
extern const struct bad_input bad_values[];
extern const size_t n_bad_values;
extern const struct bad_input bad_sizes[];
extern const size_t n_bad_sizes;
extern const struct bad_input bad_states[];
extern const size_t n_bad_states;
