#include "claim.h"

#include <errno.h>
#include <string.h>

#include "attachment_rows.h"
#include "attachments.h"

int claim_prepare(struct call *call, struct claim *claim)
{
    int r = attachments_prepare(call->service->attachments, call->holder);

    if (r == -EOPNOTSUPP)
        return call_fail_parameter(call, "attached");
    if (r < 0)
        return STORE_NO_MEMORY;
    claim->wanted = true;
    return 0;
}

void claim_reset(struct claim *claim)
{
    claim->run_id = claim->attachment = NULL;
}

int claim_write(struct call *call, struct store_db *db, struct claim *claim, const char *run_id,
                bool fresh)
{
    const struct attach_process *process = call->holder->process;
    const struct attachment_row row = {
        .run_id = run_id,
        .pid = process->pid,
        .boot_id = process->boot,
        .start_ticks = process->start,
    };
    bool gone = process->gone;
    int r;

    if (gone && !fresh)
        return 0;
    r = attachment_rows_put(db, &row);
    if (r)
        return r;
    claim->run_id = run_id;
    claim->attachment = gone ? "lost" : "attached";
    return 0;
}

void claim_settle(struct call *call, struct claim *claim, int result)
{
    if (claim->wanted)
        attachments_settle(call->service->attachments, call->holder,
                           result == 0 ? claim->run_id : NULL);
    claim->wanted = false;
}

void claim_touch(struct call *call, const char *run_id)
{
    attachments_touch(call->service->attachments, call->holder, run_id);
}

void claim_forget(struct call *call, const char *run_id)
{
    attachments_forget(call->service->attachments, run_id);
}

struct hd_run call_run_to_wire(struct call *call, const struct run_row *row)
{
    struct hd_run run = run_to_wire(row);

    if (strcmp(row->status, "running") == 0)
        run.attachment = attachments_state(call->service->attachments, row->id);
    return run;
}
