/*
 * answer: one reply of the daemon, read.
 *
 * One piece of memory owns it all, with the struct of the method's result at the end. A blocking
 * call hands `result` to its caller, and hd_result_free() finds the rest in front of it. Belongs to
 * the thread of its client.
 */
#pragma once

#include <historyd/client.h>
#include <stddef.h>

#include "interface.h"
#include "message.h"

struct answer {
    struct arena arena;
    int status;             /* 0, an enum hd_error_code, or -EPROTO: not what the interface says */
    bool continues;         /* never with an error answer */
    struct hd_error error;  /* where status is not 0 */
    const char *parameters; /* JSON text, or NULL where it was not asked for */
    const void *result;     /* `storage`, or NULL */
    max_align_t storage[];
};

/* Reads one message as the answer to `method` (NULL: one this library does not know); `with_text`
 * asks for `parameters`. Returns 0 with the answer, whatever its status; positive with `ret_fault`
 * where the text is no Varlink reply; -ENOMEM. Nothing in the answer points into `text`. */
int answer_read(const char *text, size_t size, const struct method_description *method,
                bool with_text, struct answer **ret_answer, struct fault *ret_fault);

/* NULL is fine. */
void answer_free(struct answer *answer);
