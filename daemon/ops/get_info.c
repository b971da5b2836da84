#include "op.h"

static int start(struct call *call)
{
    const char **names = arena_alloc(&call->arena, n_interface_descriptions * sizeof(*names));

    if (!names)
        return STORE_NO_MEMORY;
    for (size_t i = 0; i < n_interface_descriptions; i++)
        names[i] = interface_descriptions[i].name;
    return call_reply(call, &(struct hd_get_info_result){
                                .vendor = "historyd",
                                .product = "historyd",
                                .version = call->service->version,
                                .url = "man:historyd(8)",
                                .interfaces = names,
                                .n_interfaces = n_interface_descriptions,
                            });
}

const struct op op_get_info = {.kind = OP_LOCAL, .start = start};
