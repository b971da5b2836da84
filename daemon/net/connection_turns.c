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
static int64_t budget_spent(const struct network *network, const struct connection_budget *budget)
{
    uint64_t turns = network->turn - budget->turn;
    int64_t spent = budget->spent_ns;

    if (network->served == budget)
        spent += (int64_t)(uv_hrtime() - network->served_since);
    if (turns > (uint64_t)(spent / BUDGET_TURN_NS))
        return 0;
    return spent - (int64_t)turns * BUDGET_TURN_NS;
}

struct connection_budget *network_serve(struct network *network, struct connection_budget *budget)
{
    struct connection_budget *before = network->served;

    if (before == budget)
        return before;
    if (before) {
        before->spent_ns = budget_spent(network, before);
        before->turn = network->turn;
    }
    network->served = budget;
    if (budget)
        network->served_since = uv_hrtime();
    return before;
}

bool connection_is_spent(const struct connection *connection)
{
    return connection->budget &&
           budget_spent(connection->network, connection->budget) >= BUDGET_TURN_NS;
}

/* Who stands in line is not overtaken. */
bool connection_must_rest(const struct connection *connection)
{
    if (!connection->budget)
        return false;
    return (!connection->called && !list_empty(&connection->budget->resting)) ||
           connection_is_spent(connection);
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
    while (more && budget_spent(network, budget) < BUDGET_TURN_NS) {
        more = !list_empty(&budget->holding);
        if (more)
            connection_go_on_sending(
                container_of(budget->holding.next, struct connection, holding));
        if (called < CALLED_MOST && !list_empty(&budget->resting)) {
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
