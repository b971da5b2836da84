/*
 * Which runs the rules select. A run counts for the first rule that selects it; pinned runs and
 * those that run are passed over, and are not among the ones a repository may keep.
 *
 * A run's size is an estimate: its texts, what each row and its places in the indexes take beside
 * them, and what a page leaves empty.
 */
#include <string.h>
#include <time.h>

#include "removal.h"
#include "store_db.h"

enum {
    EVENT_BYTES = 88, /* beside the texts: ids, numbers, headers, in the table and its indexes */
    RUN_BYTES = 640,
    PAGE_ROOM = 4084, /* of a page, for rows */
};

static int64_t microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void removal_plan_init(struct removal_plan *plan, const struct removal_rules *rules, bool measures,
                       size_t most)
{
    *plan = (struct removal_plan){
        .rules = *rules,
        .measures = measures || rules->database_bytes > 0,
        .most = most,
        .stage = PLAN_AGE,
    };
}

void removal_plan_init_given(struct removal_plan *plan, const char *const *given, size_t n_given)
{
    *plan = (struct removal_plan){
        .measures = true, .stage = PLAN_GIVEN, .given = given, .n_given = n_given};
}

void removal_plan_clear(struct removal_plan *plan)
{
    if (!plan)
        return;
    buffer_clear(&plan->chosen);
    buffer_clear(&plan->place);
    buffer_clear(&plan->bound);
    buffer_clear(&plan->repo);
}

/* A place in the order of the ended: end and id. */
static void place_set(struct buffer *place, const char *ended, const char *id)
{
    place->size = 0;
    buffer_append(place, ended, strlen(ended) + 1);
    buffer_append(place, id, strlen(id) + 1);
}

static const char *place_ended(const struct buffer *place)
{
    return place->data;
}

static const char *place_id(const struct buffer *place)
{
    return place->data + strlen(place->data) + 1;
}

static void bind_after(struct query *query, const struct removal_plan *plan)
{
    query_bind_text(query, ":after_ended", place_ended(&plan->place));
    query_bind_text(query, ":after_id", place_id(&plan->place));
}

/* Empty where it is NULL; without memory for it the buffer fails. */
static const char *text_of(const struct query *query, int column, struct buffer *buffer)
{
    const char *text;

    if (column_text(query->statement, column, &text) != SQLITE_OK)
        buffer->failed = true;
    return text ? text : "";
}

/* Moves the place to the row of the query, if there is one, and ends it. 1 when there was. */
static int plan_move(struct removal_plan *plan, struct query *query)
{
    int r = query_step(query);

    if (r > 0) {
        place_set(&plan->place, text_of(query, 1, &plan->place), text_of(query, 0, &plan->place));
        if (plan->stage == PLAN_SIZE) {
            const char *repo = text_of(query, 2, &plan->repo);

            plan->repo.size = 0;
            buffer_append(&plan->repo, repo, strlen(repo) + 1);
        }
        if (plan->place.failed || plan->repo.failed)
            r = STORE_NO_MEMORY;
    }
    query_end(query);
    return r;
}

/* The run at the place goes. */
static int plan_choose(struct removal_plan *plan, enum removal_rule rule)
{
    const char *id = place_id(&plan->place);

    plan->runs[rule]++;
    if (plan->measures) {
        plan->measuring = true;
        plan->after_event_id = 0;
        plan->bytes += RUN_BYTES;
    }
    if (plan->most == 0)
        return 0;
    buffer_append(&plan->chosen, id, strlen(id) + 1);
    buffer_append(&plan->chosen, place_ended(&plan->place), strlen(place_ended(&plan->place)) + 1);
    plan->n_chosen++;
    return plan->chosen.failed ? STORE_NO_MEMORY : 0;
}

static int plan_begin(struct removal_plan *plan, struct store_db *db)
{
    int64_t pages = 0;
    int64_t unused = 0;
    int64_t page_size = 0;
    int r = db_run_int(db, STATEMENT_PAGES, &pages);

    if (r == 0)
        r = db_run_int(db, STATEMENT_PAGES_FREE, &unused);
    if (r == 0)
        r = db_run_int(db, STATEMENT_PAGE_SIZE, &page_size);
    if (r < 0)
        return r;
    plan->used_bytes = (pages - unused) * page_size;
    plan->started = true;
    place_set(&plan->place, "", "");
    place_set(&plan->bound, "", "");
    return plan->place.failed || plan->bound.failed ? STORE_NO_MEMORY : 0;
}

static void plan_enter(struct removal_plan *plan, enum removal_stage stage)
{
    plan->stage = stage;
    if (stage == PLAN_SIZE)
        place_set(&plan->place, plan->rules.ended_before, "");
}

/* --- the stages, each one run or repository further ------------------------------------------ */

static int plan_age(struct removal_plan *plan, struct store_db *db)
{
    struct query query;
    int r = 0;

    if (plan->rules.ended_before[0]) {
        query_start(&query, db, STATEMENT_PLAN_ENDED);
        bind_after(&query, plan);
        query_bind_text(&query, ":before_ended", plan->rules.ended_before);
        r = plan_move(plan, &query);
    }
    if (r > 0)
        return plan_choose(plan, REMOVAL_BY_AGE);
    if (r == 0)
        plan_enter(plan, plan->rules.runs_per_repo > 0 ? PLAN_REPO : PLAN_SIZE);
    return r;
}

/* The next repository's name, in the plan. 0 without one. */
static int repo_next(struct removal_plan *plan, struct store_db *db)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_PLAN_REPO_NEXT);
    if (plan->repo.size > 0)
        query_bind_text(&query, ":repo_path", plan->repo.data);
    else
        query_bind_lowest(&query, ":repo_path");
    r = query_step(&query);
    if (r > 0 && sqlite3_column_type(query.statement, 0) == SQLITE_NULL)
        r = 0;
    if (r > 0) {
        plan->place.size = 0;
        buffer_append_text(&plan->place, text_of(&query, 0, &plan->place));
        buffer_append_char(&plan->place, 0);
    }
    query_end(&query);
    if (r > 0) {
        plan->repo.size = 0;
        buffer_append(&plan->repo, plan->place.data, plan->place.size);
        if (plan->repo.failed || plan->place.failed)
            r = STORE_NO_MEMORY;
    }
    return r;
}

static int plan_repo(struct removal_plan *plan, struct store_db *db)
{
    struct query query;
    int r = repo_next(plan, db);

    if (r <= 0) {
        if (r == 0)
            plan_enter(plan, PLAN_SIZE);
        return r;
    }
    query_start(&query, db, STATEMENT_PLAN_REPO_KEPT);
    query_bind_text(&query, ":repo_path", plan->repo.data);
    query_bind_int(&query, ":kept", plan->rules.runs_per_repo);
    r = query_step(&query);
    if (r > 0) {
        place_set(&plan->bound, text_of(&query, 1, &plan->bound), text_of(&query, 0, &plan->bound));
        /* Those that go by age are chosen already. */
        place_set(&plan->place, plan->rules.ended_before, "");
        plan->stage = PLAN_COUNT;
        if (plan->bound.failed || plan->place.failed)
            r = STORE_NO_MEMORY;
    }
    query_end(&query);
    return r < 0 ? r : 0;
}

static int plan_count(struct removal_plan *plan, struct store_db *db)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_PLAN_REPO_ENDED);
    query_bind_text(&query, ":repo_path", plan->repo.data);
    bind_after(&query, plan);
    query_bind_text(&query, ":before_ended", place_ended(&plan->bound));
    query_bind_text(&query, ":before_id", place_id(&plan->bound));
    r = plan_move(plan, &query);
    if (r > 0)
        return plan_choose(plan, REMOVAL_BY_COUNT);
    if (r == 0)
        plan->stage = PLAN_REPO;
    return r;
}

/* Whether the run at the place went by the number of its repository's. */
static int plan_has_counted(const struct removal_plan *plan, struct store_db *db, bool *ret_counted)
{
    struct query query;
    int r = 0;

    if (plan->rules.runs_per_repo > 0) {
        query_start(&query, db, STATEMENT_PLAN_NEWER);
        query_bind_text(&query, ":repo_path", plan->repo.data);
        bind_after(&query, plan);
        query_bind_int(&query, ":kept", plan->rules.runs_per_repo);
        r = query_step(&query);
        query_end(&query);
    }
    if (r >= 0)
        *ret_counted = r > 0;
    return r < 0 ? r : 0;
}

static int plan_size(struct removal_plan *plan, struct store_db *db)
{
    int64_t limit = plan->rules.database_bytes;
    bool counted = false;
    struct query query;
    int r;

    if (limit == 0 || plan->used_bytes - plan->bytes <= limit) {
        plan->stage = PLAN_DONE;
        return 0;
    }
    query_start(&query, db, STATEMENT_PLAN_ENDED);
    bind_after(&query, plan);
    query_bind_highest(&query, ":before_ended");
    r = plan_move(plan, &query);
    if (r == 0)
        plan->stage = PLAN_DONE;
    if (r > 0)
        r = plan_has_counted(plan, db, &counted);
    else
        return r;
    return r < 0 || counted ? r : plan_choose(plan, REMOVAL_BY_SIZE);
}

static int plan_given(struct removal_plan *plan)
{
    if (plan->next_given == plan->n_given) {
        plan->stage = PLAN_DONE;
        return 0;
    }
    place_set(&plan->place, "", plan->given[plan->next_given++]);
    if (plan->place.failed)
        return STORE_NO_MEMORY;
    plan->measuring = true;
    plan->after_event_id = 0;
    plan->bytes += RUN_BYTES;
    return 0;
}

/* What a row of so many bytes takes of its page: rows don't part, so a page stays empty by half of
 * one on average; one that is larger than a page leaves half of its last page empty. */
static int64_t row_takes(int64_t bytes)
{
    return bytes < PAGE_ROOM ? bytes * PAGE_ROOM / (PAGE_ROOM - bytes / 2) : bytes + PAGE_ROOM / 2;
}

/* Events of the run at the place, as many as there is time for. */
static int plan_measure(struct removal_plan *plan, struct store_db *db, int64_t until)
{
    const char *id = place_id(&plan->place);
    int64_t ids = 3 * (int64_t)strlen(id);
    int64_t graph = 0;
    struct query query;
    int r = 1;

    query_start(&query, db, STATEMENT_PLAN_EVENTS);
    query_bind_text(&query, ":run_id", id);
    query_bind_int(&query, ":after_id", plan->after_event_id);
    while (microseconds_now() < until && (r = query_step(&query)) > 0) {
        plan->after_event_id = sqlite3_column_int64(query.statement, 0);
        plan->events++;
        plan->bytes += EVENT_BYTES + ids + row_takes(sqlite3_column_int64(query.statement, 1));
    }
    query_end(&query);
    if (r != 0)
        return r < 0 ? r : 0;
    query_start(&query, db, STATEMENT_PLAN_GRAPH);
    query_bind_text(&query, ":run_id", id);
    r = query_int(&query, &graph);
    plan->bytes += graph;
    plan->measuring = false;
    return r;
}

static int plan_advance(struct removal_plan *plan, struct store_db *db, int64_t until)
{
    if (!plan->started)
        return plan_begin(plan, db);
    if (plan->measuring)
        return plan_measure(plan, db, until);
    if (plan->most > 0 && plan->n_chosen == plan->most)
        plan->stage = PLAN_DONE;
    switch (plan->stage) {
    case PLAN_AGE:
        return plan_age(plan, db);
    case PLAN_REPO:
        return plan_repo(plan, db);
    case PLAN_COUNT:
        return plan_count(plan, db);
    case PLAN_SIZE:
        return plan_size(plan, db);
    case PLAN_GIVEN:
        return plan_given(plan);
    case PLAN_DONE:
        break;
    }
    return 0;
}

int removal_plan_step(struct removal_plan *plan, struct store_db *db, int64_t microseconds)
{
    int64_t until = microseconds_now() + microseconds;
    int r = 0;

    while (r == 0 && plan->stage != PLAN_DONE && microseconds_now() < until)
        r = plan_advance(plan, db, until);
    return r;
}
