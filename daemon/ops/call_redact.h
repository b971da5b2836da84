/*
 * call_redact: secrets are taken out of what a call brings before the store sees it.
 *
 * What names things stays as it was sent: ids, types, units, paths. All else that is text goes
 * through here in the op's `check`, on the loop, by the rules of the call's settings; what the op
 * stores is the text that came out, which may be longer than what is accepted. The text as it was
 * sent stays in the call, to be compared with what was stored under other rules.
 */
#pragma once

#include "events.h"
#include "historyd/types.h"
#include "op_call.h"

/* Replace the text by what is to be stored of it; NULL stays. Return 0 or STORE_NO_MEMORY. */
int call_redact_payload(struct call *call, const char **payload);
/* As the value under `key`; NULL: a text that every mode keeps, credentials aside. */
int call_redact_text(struct call *call, const char *key, const char **text);
/* The graph with its nodes' texts replaced; `graph` itself where nothing was. */
int call_redact_graph(struct call *call, const struct hd_graph *graph,
                      const struct hd_graph **ret_graph);

/* A text of a call that is sent again. */
struct redacted {
    const char *key; /* NULL: it is a payload */
    const char *sent;
    const char *now; /* as it would be stored */
};

/* On a store thread: whether a stored text is what this one was made of, by the rules of now or
 * those of its day. 1, 0 or STORE_NO_MEMORY. */
int call_redacted_same(const struct call *call, const struct redacted *text, const char *stored);
