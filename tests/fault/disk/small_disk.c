#include "small_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault_orders.h"
#include "harness.h"

static const char *folder;
static struct fault_orders *orders; /* NULL: it is real */
static int filler = -1;

static bool mount_own(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=64m") == 0;
}

static void simulate(struct subject *subject)
{
    const char *path = harness_path("orders");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_eq(ftruncate(fd, sizeof(*orders)), 0);
    orders = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(orders, MAP_FAILED);
    close(fd);
    orders->error = ENOSPC;
    orders->from = 1;
    orders->forever = true;
    subject->environment[0] = "LD_PRELOAD=" FAULT_SHIM;
    subject->environment[1] = harness_text("FAULT_ORDERS=%s", path);
    subject->environment[2] = "ASAN_OPTIONS=verify_asan_link_order=0";
}

void small_disk_make(struct subject *subject, bool simulated)
{
    folder = harness_path("small");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    subject->database = harness_text("%s/history.db", folder);
    if (simulated || !mount_own())
        simulate(subject);
}

bool small_disk_is_real(void)
{
    return !orders;
}

void small_disk_fill(void)
{
    static const char block[4096];

    if (orders) {
        orders->kind = FAULT_WRITE;
        return;
    }
    if (filler < 0)
        filler = open(harness_text("%s/filler", folder), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(filler, 0);
    while (write(filler, block, sizeof(block)) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
}

void small_disk_free(void)
{
    if (orders) {
        orders->kind = FAULT_NONE;
        return;
    }
    ck_assert_int_eq(ftruncate(filler, 0), 0);
}

void small_disk_remove(void)
{
    if (filler >= 0)
        close(filler);
    if (!orders)
        ck_assert_int_eq(umount2(folder, MNT_DETACH), 0);
}
