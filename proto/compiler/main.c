/*
 * varlink-compile: C from .varlink files.
 *
 *   varlink-compile --rules FILE --output FOLDER FILE.varlink...
 *
 * Errors are numbered in the order of the files: give new interfaces last. A generated file whose
 * content stays the same is not written again, so that nothing is built anew for its sake.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "idl.h"
#include "idl_checker.h"
#include "idl_emit.h"
#include "idl_parser.h"
#include "idl_rules.h"

static const struct {
    const char *name;
    void (*emit)(struct buffer *out, const struct idl *idl);
} outputs[] = {
    {"historyd/types.h", emit_types}, {"historyd/calls.h", emit_calls_header},
    {"calls.c", emit_calls},          {"tables.h", emit_tables_header},
    {"tables.c", emit_tables},        {"dispatch.c", emit_dispatch},
};

static int file_error(const char *path)
{
    fprintf(stderr, "varlink-compile: %s: %s\n", path, strerror(errno));
    return -1;
}

/* Reads a whole file and a NUL behind it. Returns 0, or -1 with errno set. */
static int file_read(const char *path, struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    size_t size;
    bool failed;

    if (!file)
        return -1;
    do {
        char *room = buffer_reserve(content, 65536);

        size = room ? fread(room, 1, 65536, file) : 0;
        content->size += size;
    } while (size > 0);
    failed = ferror(file) || content->failed;
    fclose(file);
    buffer_append_char(content, '\0');
    if (failed || content->failed)
        return -1;
    content->size--;
    return 0;
}

static int file_write(const char *path, const struct buffer *content)
{
    struct buffer old = BUFFER_INIT;
    FILE *file;
    bool same;

    same = file_read(path, &old) == 0 && old.size == content->size &&
           memcmp(old.data, content->data, old.size) == 0;
    buffer_clear(&old);
    if (same)
        return 0;
    file = fopen(path, "wb");
    if (!file)
        return file_error(path);
    if (fwrite(content->data, 1, content->size, file) != content->size) {
        file_error(path);
        fclose(file);
        return -1;
    }
    return fclose(file) == 0 ? 0 : file_error(path);
}

/* Reads a file into the arena, where the tree may point at it. */
static int read_source(struct idl *idl, const char *path, const char **ret_text, size_t *ret_size)
{
    struct buffer content = BUFFER_INIT;
    int r = -1;

    if (file_read(path, &content) < 0) {
        file_error(path);
    } else if (memchr(content.data, '\0', content.size)) {
        fprintf(stderr, "%s:1:1: the file holds a NUL byte\n", path);
    } else {
        *ret_text = arena_copy(idl->arena, content.data, content.size);
        *ret_size = content.size;
        r = *ret_text ? 0 : idl_out_of_memory();
    }
    buffer_clear(&content);
    return r;
}

static int write_outputs(const struct idl *idl, const char *folder)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/historyd", folder);
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        return file_error(path);
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        struct buffer out = BUFFER_INIT;
        int r;

        outputs[i].emit(&out, idl);
        snprintf(path, sizeof(path), "%s/%s", folder, outputs[i].name);
        r = out.failed ? idl_out_of_memory() : file_write(path, &out);
        buffer_clear(&out);
        if (r < 0)
            return -1;
    }
    return 0;
}

static int compile(struct idl *idl, const char *rules, const char *folder, char **files)
{
    const char *text;
    size_t size;

    for (; *files; files++)
        if (read_source(idl, *files, &text, &size) < 0 || idl_parse(idl, *files, text, size) < 0)
            return -1;
    if (idl_check(idl) < 0 || read_source(idl, rules, &text, &size) < 0 ||
        idl_rules_read(idl, rules, text) < 0)
        return -1;
    return write_outputs(idl, folder);
}

int main(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct idl idl = {.arena = &arena};
    int r;

    if (argc < 6 || strcmp(argv[1], "--rules") != 0 || strcmp(argv[3], "--output") != 0) {
        fputs("usage: varlink-compile --rules FILE --output FOLDER FILE.varlink...\n", stderr);
        return EXIT_FAILURE;
    }
    r = compile(&idl, argv[2], argv[4], argv + 5);
    arena_clear(&arena);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
