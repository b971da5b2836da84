#include "idl_emit.h"

static const char head[] =
    "/*\n"
    " * historyd/calls.h: one function for each method of historyd.\n"
    " *\n"
    " * Made from the .varlink files; the comments are theirs.\n"
    " *\n"
    " * hd_x() sends the call and waits for its answer: 0, a negative -errno where none came, or "
    "the\n"
    " * positive enum hd_error_code that the daemon answered; hd_client_error() has the words.\n"
    " * `ret_result` is untouched on failure and may be NULL; hd_result_free() frees what it "
    "gets.\n"
    " * A method that streams hands each answer to `callback` instead, until the last one, an "
    "error,\n"
    " * or a callback that returns anything but 0.\n"
    " *\n"
    " * hd_x_start() only queues the call, as hd_client_start() does: `flags` are of enum\n"
    " * hd_call_flags, and `callback` gets each answer from hd_client_process(). All parameters "
    "are\n"
    " * copied before either function returns.\n"
    " */\n"
    "#ifndef HISTORYD_CALLS_H\n"
    "#define HISTORYD_CALLS_H\n"
    "\n"
    "#include <historyd/client.h>\n"
    "#include <historyd/types.h>\n"
    "\n"
    "#ifdef __cplusplus\n"
    "extern \"C\" {\n"
    "#endif\n";

static const char foot[] = "\n"
                           "#ifdef __cplusplus\n"
                           "}\n"
                           "#endif\n"
                           "\n"
                           "#endif\n";

static void emit_blocking(struct buffer *out, const struct idl_symbol *method)
{
    emit(out, "int hd_%s(struct hd_client *client", method->snake);
    if (method->fields)
        emit(out, ",\n    const struct hd_%s_params *params", method->snake);
    if (method->streams)
        emit(out, ",\n    hd_reply_callback callback, void *userdata");
    else if (method->results)
        emit(out, ",\n    const struct hd_%s_result **ret_result", method->snake);
    emit(out, ")");
}

static void emit_start(struct buffer *out, const struct idl_symbol *method)
{
    emit(out, "int hd_%s_start(struct hd_client *client", method->snake);
    if (method->fields)
        emit(out, ",\n    const struct hd_%s_params *params", method->snake);
    emit(out, ",\n    unsigned int flags, hd_reply_callback callback, void *userdata)");
}

static void emit_declarations(struct buffer *out, const struct idl_interface *interface,
                              const struct idl_symbol *method)
{
    (void)interface;
    emit(out, "\n");
    emit_comment(out, method->doc, "");
    emit(out, "HD_PUBLIC ");
    emit_blocking(out, method);
    emit(out, ";\nHD_PUBLIC ");
    emit_start(out, method);
    emit(out, ";\n");
}

void emit_calls_header(struct buffer *out, const struct idl *idl)
{
    emit(out, "%s", head);
    emit_each(out, idl, IDL_METHOD, emit_declarations);
    emit(out, "%s", foot);
}

static void emit_blocking_body(struct buffer *out, const struct idl_symbol *method)
{
    const char *params = method->fields ? "params" : "NULL";

    if (method->streams) {
        emit(out,
             "    return client_stream_typed(client, &hd_%s_method, %s, callback, userdata);\n",
             method->snake, params);
        return;
    }
    if (!method->results) {
        emit(out, "    return client_call_typed(client, &hd_%s_method, %s, NULL);\n", method->snake,
             params);
        return;
    }
    emit(out,
         "    const void *result;\n"
         "    int r = client_call_typed(client, &hd_%s_method, %s, ret_result ? &result : NULL);\n"
         "\n"
         "    if (r == 0 && ret_result)\n"
         "        *ret_result = result;\n"
         "    return r;\n",
         method->snake, params);
}

static void emit_definitions(struct buffer *out, const struct idl_interface *interface,
                             const struct idl_symbol *method)
{
    (void)interface;
    emit(out, "\n");
    emit_blocking(out, method);
    emit(out, "\n{\n");
    emit_blocking_body(out, method);
    emit(out, "}\n\n");
    emit_start(out, method);
    emit(out,
         "\n{\n"
         "    return client_start_typed(client, &hd_%s_method, %s, flags, callback, userdata);\n"
         "}\n",
         method->snake, method->fields ? "params" : "NULL");
}

void emit_calls(struct buffer *out, const struct idl *idl)
{
    emit(out, "#include <historyd/calls.h>\n"
              "\n"
              "#include \"call.h\"\n"
              "#include \"tables.h\"\n");
    emit_each(out, idl, IDL_METHOD, emit_definitions);
}
