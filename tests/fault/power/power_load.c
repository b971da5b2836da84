#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut_image.h"
#include "power_model.h"

const struct power_scene power_scenes[] = {
    {.name = "create", .clients = 2, .runs = 1, .steps = 5},
    {.name = "load", .clients = 4, .runs = 3, .steps = 14, .extras = true},
    {.name = "kill-write",
     .clients = 3,
     .runs = 2,
     .steps = 14,
     .end = POWER_KILL_AT_WRITE,
     .ends = 6},
    {.name = "kill-sync",
     .clients = 3,
     .runs = 2,
     .steps = 14,
     .end = POWER_KILL_AT_SYNC,
     .ends = 6,
     .extras = true},
    {.name = "kill-early",
     .clients = 2,
     .runs = 1,
     .steps = 6,
     .end = POWER_KILL_AT_WRITE,
     .ends = 12},
    {.name = "retention",
     .config = "runs_per_repo = 2\n",
     .clients = 3,
     .runs = 5,
     .steps = 7,
     .extras = true,
     .expendable = true,
     .deletes = true},
    {.name = "migrate", .clients = 2, .runs = 1, .steps = 6, .past = true},
    {.name = "migrate-kill",
     .clients = 2,
     .runs = 1,
     .steps = 6,
     .end = POWER_KILL_AT_SYNC,
     .ends = 6,
     .past = true},
    {.name = "failed-sync",
     .clients = 3,
     .runs = 2,
     .steps = 14,
     .end = POWER_FAIL_SYNC,
     .ends = 5,
     .extras = true},
    {.name = "cut-again", .clients = 3, .runs = 2, .steps = 14, .end = POWER_CUT, .ends = 8},
};
const size_t power_n_scenes = sizeof(power_scenes) / sizeof(power_scenes[0]);

static void end_make(struct making *making, struct model *model)
{
    model_complete(making, model);
    if (making->load->scene->deletes && !making->load->runs[model->run].expendable &&
        cut_draw_below(&making->draw, 2))
        model_delete(making, model);
    model->done = true;
}

static void model_advance(struct making *making, struct model *model)
{
    uint64_t draw = cut_draw_below(&making->draw, 100);

    if (!model->exists)
        model_create(making, model);
    else if (model->steps_left-- <= 0)
        end_make(making, model);
    else if (draw < 55 || !model->append)
        model_append(making, model);
    else if (draw < 65)
        model_append_again(making, model);
    else if (draw < 75)
        model_update(making, model);
    else if (draw < 83)
        model_graph(making, model);
    else if (draw < 88)
        model_pin(making, model);
    else if (draw < 93)
        model_stop(making, model);
    else if (making->load->scene->extras)
        model_extra(making);
}

static struct model model_new(struct making *making, bool expendable)
{
    struct power_load *load = making->load;
    struct model model = {.run = load->n_runs++,
                          .status = "running",
                          .error = "",
                          .events = POWER_DIGEST_START,
                          .last_step = -1,
                          .steps_left = load->scene->steps};
    struct power_run *run = &load->runs[model.run];

    *run = (struct power_run){.client = making->client, .expendable = expendable};
    snprintf(run->id, sizeof(run->id), "run-%d", model.run);
    if (expendable)
        strcpy(model.repo, "/repo/expendable");
    else
        snprintf(model.repo, sizeof(model.repo), "/repo/%d", model.run);
    return model;
}

static void client_make(struct making *making)
{
    const struct power_scene *scene = making->load->scene;
    bool expendable = scene->expendable && making->client == 0;
    struct model models[16];
    int left = scene->runs;

    for (int i = 0; i < scene->runs; i++)
        models[i] = model_new(making, expendable);
    while (left > 0) {
        struct model *model = &models[cut_draw_below(&making->draw, (uint64_t)scene->runs)];

        if (model->done)
            continue;
        model_advance(making, model);
        if (model->done)
            left--;
    }
    if (expendable)
        model_extra(making);
    for (int i = 0; i < scene->runs; i++)
        free(models[i].append);
}

struct power_load *power_load_new(size_t scene, uint64_t seed)
{
    struct power_load *load = calloc(1, sizeof(*load));
    struct making making = {.load = load, .draw = seed * 1000003 + scene};

    if (!load)
        abort();
    load->scene = &power_scenes[scene];
    load->seed = seed;
    for (; making.client < load->scene->clients; making.client++)
        client_make(&making);
    if (load->scene->past) {
        struct model model = model_new(&making, false);

        model_past(&making, &model);
        making.client++;
    }
    load->n_clients = making.client;
    return load;
}

void power_load_free(struct power_load *load)
{
    if (!load)
        return;
    for (int i = 0; i < load->n_clients; i++) {
        for (size_t j = 0; j < load->clients[i].n_steps; j++)
            free(load->clients[i].steps[j].parameters);
        free(load->clients[i].steps);
    }
    free(load);
}
