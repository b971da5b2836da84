#include "strangers.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "openmetrics.h"

bool strangers_possible(void)
{
    return geteuid() == 0;
}

/* The credentials a daemon sees are those of the moment of connecting. */
struct wire *stranger_try(uid_t uid, gid_t gid, const gid_t *groups)
{
    struct wire *stranger;
    gid_t mine[256];
    int n_mine = getgroups(256, mine);
    size_t n = 0;

    while (groups && groups[n])
        n++;
    ck_assert_int_ge(n_mine, 0);
    ck_assert_int_eq(chmod(subject->socket, 0666), 0);
    ck_assert_int_eq(chmod(harness_folder(), 0755), 0);
    ck_assert_int_eq(setgroups(n, groups), 0);
    ck_assert_int_eq(setegid(gid), 0);
    ck_assert_int_eq(seteuid(uid), 0);
    stranger = wire_try(subject->socket);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setegid(getgid()), 0);
    ck_assert_int_eq(setgroups((size_t)n_mine, mine), 0);
    return stranger;
}

struct wire *stranger_wire(uid_t uid)
{
    struct wire *stranger = stranger_try(uid, uid, NULL);

    ck_assert_msg(stranger != NULL, "can't connect: %s", strerror(errno));
    return stranger;
}

void strangers_restart(const char *config)
{
    wire_close(wire);
    subject_stop(subject);
    subject_configure(subject, config);
    subject_start(subject);
    wire = wire_open(subject);
}

void strangers_reload(const char *config)
{
    subject_configure(subject, config);
    wire_call(wire, "dev.historyd.admin.Reload", NULL);
}

int64_t strangers_metric(const char *name)
{
    const char *text = answer_text(wire_call(wire, "GetMetrics", NULL), "text");
    double value;

    ck_assert_msg(openmetrics_value(text, name, &value), "no %s", name);
    return (int64_t)value;
}
