#include "op.h"

static int start(struct call *call)
{
    const struct hd_get_interface_description_params *params = call->parameters;
    const struct interface_description *interface = interface_find(params->interface);

    if (!interface)
        return call_fail_interface_not_found(call, params->interface);
    return call_reply(
        call, &(struct hd_get_interface_description_result){.description = interface->text});
}

const struct op op_get_interface_description = {.kind = OP_LOCAL, .start = start};
