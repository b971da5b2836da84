#include "pages.h"

#include "command.h"

enum { PAGES_ROWS = 1000 };

static int64_t pages_next(const struct pages *pages, int64_t rows)
{
    if (pages->most < 0 || pages->most - rows > PAGES_ROWS)
        return PAGES_ROWS;
    return pages->most - rows;
}

int pages_events(struct ctl *ctl, struct hd_list_events_params params, struct pages *pages,
                 pages_events_callback callback, void *userdata)
{
    struct hd_client *client = ctl_client(ctl);
    int64_t rows = 0;

    if (!client)
        return CTL_FAILURE;
    params.has_limit = true;
    do {
        const struct hd_list_events_result *page;
        int r;

        params.limit = pages_next(pages, rows);
        r = hd_list_events(client, &params, &page);
        if (r != 0)
            return ctl_fail(ctl, r);
        rows += (int64_t)page->n_events;
        pages->has_more = page->has_more && page->n_events;
        pages->last_seq = page->last_seq;
        if (page->n_events) {
            params.has_after_seq = true;
            params.after_seq = page->events[page->n_events - 1].seq;
        }
        r = callback(userdata, page);
        hd_result_free(page);
        if (r != 0)
            return r - 1;
    } while (pages->has_more && (pages->most < 0 || rows < pages->most));
    return CTL_SUCCESS;
}

int pages_runs(struct ctl *ctl, struct hd_list_runs_params params, struct pages *pages,
               pages_runs_callback callback, void *userdata)
{
    struct hd_client *client = ctl_client(ctl);
    int64_t rows = 0;

    if (!client)
        return CTL_FAILURE;
    params.has_limit = true;
    do {
        const struct hd_list_runs_result *page;
        int r;

        params.limit = pages_next(pages, rows);
        params.cursor = pages->cursor;
        r = hd_list_runs(client, &params, &page);
        if (r != 0)
            return ctl_fail(ctl, r);
        pages_close(pages);
        rows += (int64_t)page->n_runs;
        pages->has_more = page->has_more && page->cursor;
        pages->cursor = page->cursor;
        pages->held = page;
        r = callback(userdata, page);
        if (r != 0)
            return r - 1;
    } while (pages->has_more && (pages->most < 0 || rows < pages->most));
    return CTL_SUCCESS;
}

void pages_close(struct pages *pages)
{
    hd_result_free(pages->held);
    pages->held = NULL;
    pages->cursor = NULL;
}
