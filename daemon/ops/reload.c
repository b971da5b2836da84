#include "op.h"

/* A configuration that is refused changes nothing; the error names the file, the line and why. */
static int start(struct call *call)
{
    struct service *service = call->service;
    char problem[RELOAD_PROBLEM_SIZE];

    if (service->reload(service, problem) < 0)
        return call_fail_parameter(call, problem);
    return call_reply(call, NULL);
}

const struct op op_reload = {.kind = OP_LOCAL, .start = start};
