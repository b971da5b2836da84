/*
 * call: one call from a struct to a struct; what the generated calls.c is made of.
 *
 * `params` may be NULL for a method without parameters.
 */
#pragma once

#include <historyd/client.h>

#include "interface.h"

/* Calls and waits. Blocks. Returns as the functions of historyd/calls.h do; `ret_result` (may be
 * NULL) gets the result, to be freed with hd_result_free(), and is untouched unless 0 is returned.
 */
int client_call_typed(struct hd_client *client, const struct method_description *method,
                      const void *params, const void **ret_result);

/* Queues the call, as hd_client_start(). */
int client_start_typed(struct hd_client *client, const struct method_description *method,
                       const void *params, unsigned int flags, hd_reply_callback callback,
                       void *userdata);

/* Asks for a stream and waits until it ends, by the daemon, by an error or by `callback`. Blocks.
 */
int client_stream_typed(struct hd_client *client, const struct method_description *method,
                        const void *params, hd_reply_callback callback, void *userdata);
