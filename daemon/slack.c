#include "slack.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* Returns -1 where the system does not tell. */
static int64_t slack_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = -1;

    if (!file)
        return -1;
    if (fscanf(file, "%*d %lld", &pages) != 1)
        pages = -1;
    fclose(file);
    return pages < 0 ? -1 : (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int64_t slack_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return (int64_t)(info.uordblks + info.hblkhd);
}

bool slack_judge(struct slack *slack, int64_t resident, int64_t used)
{
    int64_t free = resident - used;

    if (!slack->known || free < slack->left)
        slack->left = free;
    slack->known = true;
    return free - slack->left > SLACK_BYTES;
}

void slack_look(struct slack *slack)
{
    int64_t resident = slack_resident();

    if (resident < 0 || !slack_judge(slack, resident, slack_used()))
        return;
    malloc_trim(0);
    slack->left = slack_resident() - slack_used();
}
