#include "codec_path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Appends the text of a path and returns its size; what does not fit is left out. */
static size_t path_text(const struct codec_path *path, char *text, size_t room)
{
    size_t size;
    int more;

    if (!path)
        return 0;
    size = path_text(path->outer, text, room);
    if (path->name)
        more = snprintf(text + size, room - size, "%s%s", size ? "." : "", path->name);
    else
        more = snprintf(text + size, room - size, "[%zu]", path->index);
    return size + (size_t)more < room ? size + (size_t)more : room - 1;
}

int codec_fault(struct fault *ret_fault, const struct codec_path *path, struct verdict verdict)
{
    char text[sizeof(ret_fault->text)] = "parameters";

    path_text(path, text, sizeof(text));
    return fault_set(ret_fault, verdict.kind, verdict.limit, text);
}

int codec_invalid(struct fault *ret_fault, const struct codec_path *path)
{
    return codec_fault(ret_fault, path, (struct verdict){FAULT_INVALID_PARAMETER, 0});
}
