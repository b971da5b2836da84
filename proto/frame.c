#include "frame.h"

#include <string.h>

bool frame_find(const char *bytes, size_t size, size_t *ret_size)
{
    const char *end = size ? memchr(bytes, '\0', size) : NULL;

    if (!end)
        return false;
    *ret_size = (size_t)(end - bytes);
    return true;
}
