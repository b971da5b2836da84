#include "measures.h"
#include "op.h"

static int start(struct call *call)
{
    struct buffer text = BUFFER_INIT;
    int r;

    measures_write(call->service, &text);
    buffer_append_char(&text, '\0');
    r = text.failed ? STORE_NO_MEMORY
                    : call_reply(call, &(struct hd_get_metrics_result){.text = text.data});
    buffer_clear(&text);
    return r;
}

const struct op op_get_metrics = {.kind = OP_LOCAL, .start = start};
