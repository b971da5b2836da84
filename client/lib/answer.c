#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "words.h"

static struct answer *answer_new(const struct method_description *method)
{
    size_t size = sizeof(struct answer) + (method ? method->result->size : 0);
    struct answer *answer = malloc(size);

    if (answer)
        memset(answer, 0, size);
    return answer;
}

void answer_free(struct answer *answer)
{
    if (!answer)
        return;
    arena_clear(&answer->arena);
    free(answer);
}

void hd_result_free(const void *result)
{
    if (result)
        answer_free(container_of((char *)(uintptr_t)result, struct answer, storage));
}

static int answer_write_text(struct answer *answer, struct json_value parameters)
{
    answer->parameters = parameters.node ? json_compact(parameters, &answer->arena, NULL) : "{}";
    return answer->parameters ? 0 : -ENOMEM;
}

static int answer_read_error(struct answer *answer, const struct method_description *method,
                             const struct message *message)
{
    const struct error_description *error = error_find(message->error);

    if (answer_write_text(answer, message->parameters) < 0)
        return -ENOMEM;
    answer->status = error ? (int)error->code : (int)HD_UNKNOWN_ERROR;
    answer->continues = false;
    answer->error = (struct hd_error){
        .status = answer->status,
        .name = arena_strdup(&answer->arena, message->error),
        .message = words_for_error(&answer->arena, error, method, message),
        .parameters = answer->parameters,
    };
    return answer->error.name && answer->error.message ? 0 : -ENOMEM;
}

static int answer_read_result(struct answer *answer, const struct method_description *method,
                              struct json_value parameters)
{
    char words[WORDS_FAULT], line[sizeof(words) + 128];
    struct fault fault;
    int r;

    r = codec_read(method->result, parameters, &limits_reply, CODEC_LENIENT, &answer->arena,
                   answer->storage, &fault);
    if (r < 0)
        return r;
    if (r == 0) {
        answer->result = answer->storage;
        return 0;
    }
    words_for_fault(words, &fault);
    snprintf(line, sizeof(line), "the answer to %s is not what the interface says: %s",
             method->name, words);
    answer->status = -EPROTO;
    answer->error = (struct hd_error){
        .status = -EPROTO,
        .message = arena_strdup(&answer->arena, line),
        .parameters = "{}",
    };
    return answer->error.message ? 0 : -ENOMEM;
}

int answer_read(const char *text, size_t size, const struct method_description *method,
                bool with_text, struct answer **ret_answer, struct fault *ret_fault)
{
    struct answer *answer;
    struct message message;
    int r;

    r = message_read_reply(text, size, &limits_reply, &message, ret_fault);
    if (r != 0)
        return r;
    answer = answer_new(method);
    if (!answer) {
        message_clear(&message);
        return -ENOMEM;
    }
    answer->continues = message.continues;
    if (with_text)
        r = answer_write_text(answer, message.parameters);
    if (r == 0 && message.error)
        r = answer_read_error(answer, method, &message);
    else if (r == 0 && method)
        r = answer_read_result(answer, method, message.parameters);
    message_clear(&message);
    if (r != 0) {
        answer_free(answer);
        return r;
    }
    *ret_answer = answer;
    return 0;
}
