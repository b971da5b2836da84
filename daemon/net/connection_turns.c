#include "connection_private.h"

enum {
    BUDGET_TURN_NS = BUDGET_TURN_US * 1000,
    /* Called and not read from yet, of one budget: more than a turn has time for, and few enough to
     * be passed over quickly. */
    CALLED_MOST = 64,
};

void connection_budget_init(struct connection_budget *budget)
{
    *budget = (struct connection_budget){0};
    list_init(&budget->resting);
    list_init(&budget->holding);
    list_init(&budget->node);
}

/* What is spent of this turn's time: each turn since it was last reckoned makes up for some. */
static int64_t share_spent(const struct network *network, const struct time_share *share)
{
    uint64_t turns = network->turn - share->turn;
    int64_t spent = share->spent_ns;

    if (network->served == share)
        spent += (int64_t)(uv_hrtime() - network->served_since);
    if (turns > (uint64_t)(spent / BUDGET_TURN_NS))
        return 0;
    return spent - (int64_t)turns * BUDGET_TURN_NS;
}

struct time_share *network_serve(struct network *network, struct time_share *share)
{
    struct time_share *before = network->served;

    if (before == share)
        return before;
    if (before) {
        before->spent_ns = share_spent(network, before);
        before->turn = network->turn;
    }
    network->served = share;
    if (share)
        network->served_since = uv_hrtime();
    return before;
}

struct time_share *connection_input_share(const struct connection *connection)
{
    return connection->budget ? &connection->budget->input : NULL;
}

struct time_share *connection_output_share(const struct connection *connection)
{
    return connection->budget ? &connection->budget->output : NULL;
}

bool network_is_spent(const struct network *network, const struct time_share *share)
{
    return share && share_spent(network, share) >= BUDGET_TURN_NS;
}

/* Who stands in line is not overtaken. */
bool connection_must_rest(const struct connection *connection)
{
    if (!connection->budget)
        return false;
    return (!connection->called && !list_empty(&connection->budget->resting)) ||
           network_is_spent(connection->network, &connection->budget->input);
}

bool connection_rests(const struct connection *connection)
{
    return !list_empty(&connection->resting);
}

/* The loop knows of a budget while somebody stands in one of its lines. */
static void line_enter(struct connection *connection, struct list *line, struct list *place)
{
    struct connection_budget *budget = connection->budget;

    list_push(line, place);
    if (list_empty(&budget->node))
        list_push(&connection->network->rested, &budget->node);
}

static void line_leave(const struct connection *connection, struct list *place)
{
    struct connection_budget *budget = connection->budget;

    if (list_empty(place))
        return;
    list_remove(place);
    if (list_empty(&budget->resting) && list_empty(&budget->holding))
        list_remove(&budget->node);
}

void connection_leave_line(struct connection *connection)
{
    connection->called = false;
    line_leave(connection, &connection->resting);
}

void connection_hold(struct connection *connection)
{
    if (!connection_holds(connection))
        line_enter(connection, &connection->budget->holding, &connection->holding);
}

void connection_let_go(struct connection *connection)
{
    line_leave(connection, &connection->holding);
}

bool connection_holds(const struct connection *connection)
{
    return !list_empty(&connection->holding);
}

void connection_pass_over(struct connection *connection)
{
    /* One that is called keeps its place: the loop tells of it again in the next turn. */
    if (connection->called)
        connection->budget->passed_over++;
    else
        connection_rest(connection);
}

void connection_rest(struct connection *connection)
{
    connection->called = false;
    if (connection_rests(connection))
        return;
    list_remove(&connection->waiting);
    connection_read_stop(connection);
    line_enter(connection, &connection->budget->resting, &connection->resting);
}

/* What it has read already is handed over now, the rest when the loop tells that there is some. */
static void connection_call(struct connection *connection)
{
    connection_leave_line(connection);
    connection->called = true;
    connection_read_start(connection);
    if (connection->ended || connection->input.size > connection->searched)
        connection_hand_over(connection);
}

static void connection_go_on_sending(struct connection *connection)
{
    connection_let_go(connection);
    connection_send_on(connection);
}

/* One that sends and one to be read from, in turn: neither line waits for the other to end. */
static void budget_call_on(struct network *network, struct connection_budget *budget)
{
    int called = budget->passed_over;
    bool more = true;

    budget->passed_over = 0;
    while (more) {
        more = !list_empty(&budget->holding) && !network_is_spent(network, &budget->output);
        if (more)
            connection_go_on_sending(
                container_of(budget->holding.next, struct connection, holding));
        if (called < CALLED_MOST && !list_empty(&budget->resting) &&
            !network_is_spent(network, &budget->input)) {
            connection_call(container_of(budget->resting.next, struct connection, resting));
            called++;
            more = true;
        }
    }
}

/* Handing over closes connections and has others rest: each budget is looked at once. */
void network_turn_ends(struct network *network)
{
    struct list round;

    network->turn++;
    list_init(&round);
    list_splice(&round, &network->rested);
    for (struct list *node = list_pop(&round); node; node = list_pop(&round)) {
        list_push(&network->rested, node);
        budget_call_on(network, container_of(node, struct connection_budget, node));
    }
    haste_set(network->haste, !list_empty(&network->rested));
}
