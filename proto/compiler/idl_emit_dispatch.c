#include "idl_emit.h"

static void emit_declaration(struct buffer *out, const struct idl_interface *interface,
                             const struct idl_symbol *method)
{
    (void)interface;
    emit(out, "extern const struct op op_%s;\n", method->snake);
}

static void emit_entry(struct buffer *out, const struct idl_interface *interface,
                       const struct idl_symbol *method)
{
    (void)interface;
    emit(out, "    {&hd_%s_method, &op_%s},\n", method->snake, method->snake);
}

/* A method without its file of behaviour leaves an op undefined, and the daemon does not link. */
void emit_dispatch(struct buffer *out, const struct idl *idl)
{
    emit(out, "#include \"op.h\"\n"
              "\n"
              "#include \"tables.h\"\n"
              "\n");
    emit_each(out, idl, IDL_METHOD, emit_declaration);
    emit(out, "\nconst struct op_entry op_entries[] = {\n");
    emit_each(out, idl, IDL_METHOD, emit_entry);
    emit(out, "};\nconst size_t n_op_entries = sizeof(op_entries) / sizeof(op_entries[0]);\n");
}
