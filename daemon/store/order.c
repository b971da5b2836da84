/*
 * The order in which the writer takes jobs: as they came, but events of one run side by side, where
 * they share pages of the indexes that begin with run_id.
 */
#include <stdlib.h>
#include <string.h>

#include "store_threads.h"

struct place {
    struct store_job *job;
    size_t number;
};

static int place_compare(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = strcmp(a->job->group, b->job->group);

    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static void places_empty(struct place *places, size_t n_places, struct list *to)
{
    qsort(places, n_places, sizeof(*places), place_compare);
    for (size_t i = 0; i < n_places; i++)
        list_push(to, &places[i].job->node);
}

void jobs_take_ordered(struct list *to, struct list *from)
{
    struct place places[ORDER_JOBS];
    size_t n_places = 0;

    for (int i = 0; i < ORDER_JOBS && !list_empty(from); i++) {
        struct store_job *job = container_of(list_pop(from), struct store_job, node);

        if (job->group) {
            places[n_places] = (struct place){job, n_places};
            n_places++;
            continue;
        }
        places_empty(places, n_places, to);
        n_places = 0;
        list_push(to, &job->node);
    }
    places_empty(places, n_places, to);
}
