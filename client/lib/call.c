#include "call.h"

#include <errno.h>
#include <stdio.h>

#include "client_private.h"
#include "parameters.h"
#include "words.h"

static struct message_flags call_flags(unsigned int flags)
{
    return (struct message_flags){
        .more = (flags & HD_CALL_MORE) != 0,
        .oneway = (flags & HD_CALL_ONEWAY) != 0,
    };
}

static int call_refuse(struct hd_client *client, int r, const struct fault *fault)
{
    char words[WORDS_FAULT], message[sizeof(words) + 64];

    if (r < 0)
        return client_note_failure(client, r, words_for_errno(r));
    words_for_fault(words, fault);
    snprintf(message, sizeof(message), "parameters that are no JSON object: %s", words);
    return client_note_failure(client, -EINVAL, message);
}

static int call_send_typed(struct hd_client *client, const struct call_request *request,
                           const void *params)
{
    const struct method_description *method = request->method;
    struct fault fault;
    struct call *call;
    int r;

    if (params) {
        r = parameters_check(method->parameters, params, &fault);
        if (r != 0)
            return call_refuse(client, r, &fault);
    }
    r = call_begin(client, request, &call);
    if (r < 0)
        return r;
    message_write_call(&client->channel.output, method->name, call_flags(request->flags),
                       params ? method->parameters : NULL, params);
    return call_commit(client, call);
}

static int call_send_text(struct hd_client *client, const struct call_request *request,
                          const char *method, const char *parameters)
{
    struct fault fault;
    struct call *call;
    int r;

    if (parameters) {
        r = parameters_check_text(parameters, &fault);
        if (r != 0)
            return call_refuse(client, r, &fault);
    }
    r = call_begin(client, request, &call);
    if (r < 0)
        return r;
    message_write_call_text(&client->channel.output, method, call_flags(request->flags),
                            parameters);
    return call_commit(client, call);
}

int client_call_typed(struct hd_client *client, const struct method_description *method,
                      const void *params, const void **ret_result)
{
    struct waiter waiter = {0};
    struct call_request request = {.method = method, .waiter = &waiter};
    int r = call_send_typed(client, &request, params);

    if (r == 0)
        r = client_wait_for(client, &waiter);
    if (r == 0 && ret_result)
        *ret_result = waiter.answer->result;
    else
        answer_free(waiter.answer);
    return r;
}

int client_start_typed(struct hd_client *client, const struct method_description *method,
                       const void *params, unsigned int flags, hd_reply_callback callback,
                       void *userdata)
{
    struct call_request request = {
        .method = method,
        .flags = flags,
        .callback = callback,
        .userdata = userdata,
    };

    return call_send_typed(client, &request, params);
}

int client_stream_typed(struct hd_client *client, const struct method_description *method,
                        const void *params, hd_reply_callback callback, void *userdata)
{
    struct waiter waiter = {0};
    struct call_request request = {
        .method = method,
        .flags = HD_CALL_MORE,
        .callback = callback,
        .userdata = userdata,
        .waiter = &waiter,
    };
    int r = call_send_typed(client, &request, params);

    if (r == 0)
        r = client_wait_for(client, &waiter);
    answer_free(waiter.answer);
    return r;
}

int hd_client_start(struct hd_client *client, const char *method, const char *parameters,
                    unsigned int flags, hd_reply_callback callback, void *userdata)
{
    struct call_request request = {
        .method = method_find(method),
        .flags = flags,
        .callback = callback,
        .userdata = userdata,
    };

    return call_send_text(client, &request, method, parameters);
}

int hd_client_call(struct hd_client *client, const char *method, const char *parameters,
                   unsigned int flags, hd_reply_callback callback, void *userdata)
{
    struct waiter waiter = {0};
    struct call_request request = {
        .method = method_find(method),
        .flags = flags,
        .callback = callback,
        .userdata = userdata,
        .waiter = &waiter,
    };
    int r = call_send_text(client, &request, method, parameters);

    if (r == 0)
        r = client_wait_for(client, &waiter);
    answer_free(waiter.answer);
    return r;
}
