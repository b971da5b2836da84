#include "socket_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char system_socket[] = "/run/historyd/socket";

static int path_copy(char to[static SOCKET_PATH_SIZE], const char *path)
{
    size_t size = strlen(path);

    if (size == 0 || size >= SOCKET_PATH_SIZE)
        return -EINVAL;
    memcpy(to, path, size + 1);
    return 0;
}

int socket_path_fill(struct socket_path *ret_path, const char *path)
{
    struct socket_path filled = {0};
    const char *folder;
    int length;

    if (!path) {
        path = secure_getenv("HISTORYD_SOCKET");
        if (path && !*path)
            path = NULL; /* set to nothing is not set */
    }
    if (path) {
        if (path_copy(filled.fallback, path) < 0)
            return -EINVAL;
        *ret_path = filled;
        return 0;
    }
    memcpy(filled.fallback, system_socket, sizeof(system_socket));
    folder = secure_getenv("XDG_RUNTIME_DIR");
    if (folder && *folder == '/') {
        length = snprintf(filled.preferred, sizeof(filled.preferred), "%s/historyd/socket", folder);
        if (length < 0 || (size_t)length >= sizeof(filled.preferred))
            filled.preferred[0] = '\0';
    }
    *ret_path = filled;
    return 0;
}

const char *socket_path_now(const struct socket_path *path)
{
    if (path->preferred[0] && access(path->preferred, F_OK) == 0)
        return path->preferred;
    return path->fallback;
}
