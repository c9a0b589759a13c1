/*
 *  query_events - questions about events, and the walk through their ids
 */
#include "query_events.h"

#include "common/clock.h"
#include "common/error.h"
#include "gateway_store.h"

#define WINDOW_IDS_MIN INT64_C(512)
#define WINDOW_IDS_MAX INT64_C(1048576)
#define WINDOW_GROWTH 4

/* A page of GET gives up after this many ids and says where to go on. */
#define PAGE_IDS_MAX INT64_C(131072)

/* A command has no cursor, so it goes on for so long. */
#define WALK_US_MAX INT64_C(10000000)

#define EQUALS(name)                                                                               \
    {                                                                                              \
        MC_INDEX_event_query_##name, #name " = ?", GATEWAY_FILTER_EQUALS                           \
    }

static const gateway_filter_t filters[] = {
    EQUALS(root_task_id),
    EQUALS(task_id),
    EQUALS(actor),
    EQUALS(action),
    EQUALS(run_id),
    EQUALS(tier),
    EQUALS(provider),
    EQUALS(model_id),
    EQUALS(persona),
    EQUALS(skill),
    EQUALS(mcp_server),
    EQUALS(mcp_tool),
    {MC_INDEX_event_query_status, "status = ANY (string_to_array(?, ','))", GATEWAY_FILTER_WORDS},
    {MC_INDEX_event_query_since, "ts >= ?", GATEWAY_FILTER_EQUALS},
    {MC_INDEX_event_query_until, "ts < ?", GATEWAY_FILTER_EQUALS},
    {MC_INDEX_event_query_text, "(message ILIKE ? OR actor ILIKE ? OR action ILIKE ?)",
     GATEWAY_FILTER_CONTAINS},
};

/* Of all payloads of one answer; a page for a stream that is behind is kept smaller. */
#define ANSWER_BYTES "33554432"
#define PIECE_BYTES "2097152"

#define BYTES_SO_FAR                                                                               \
    "sum(coalesce(octet_length(payload_json), 0) + coalesce(octet_length(message), 0))"            \
    " OVER (ORDER BY id "

static void
select_within_bytes(gateway_question_t *question, const char *order, bool is_whole)
{
    gateway_question_add(question, "SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "e.",
                             is_whole ? NULL : "payload_json");
    if (!is_whole) {
        gateway_question_add(question, ", CASE WHEN bytes_so_far > " ANSWER_BYTES
                                       " THEN '{\"omitted\":\"the answer is too large for all"
                                       " payloads; ask for this event alone\"}'"
                                       " ELSE payload_json END AS payload_json");
    }
    gateway_question_add(question, " FROM (SELECT i.*, " BYTES_SO_FAR);
    gateway_question_add(question, order);
    gateway_question_add(question, ") AS bytes_so_far, row_number() OVER (ORDER BY id ");
    gateway_question_add(question, order);
    gateway_question_add(question, ") AS nth FROM (");
}

void
gateway_query_events(gateway_question_t *question, const mc_event_query_t *query,
                     gateway_window_t window, bool is_whole)
{
    const char *order = window.is_ascending ? "ASC" : "DESC";
    select_within_bytes(question, order, is_whole);
    gateway_question_add(question, "SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "", NULL);
    gateway_question_i64(question, " FROM aop_agent_events WHERE id > ?", window.above);
    gateway_question_i64(question, " AND id <= ?", window.upto);
    gateway_question_filter(question, &mc_event_query_shape, query, filters, MC_COUNT(filters));
    gateway_question_add(question, " ORDER BY id ");
    gateway_question_add(question, order);
    gateway_question_i64(question, " LIMIT ?) i) e", window.limit);
    if (is_whole)
        gateway_question_add(question, " WHERE nth = 1 OR bytes_so_far <= " PIECE_BYTES);
    gateway_question_add(question, " ORDER BY e.id ");
    gateway_question_add(question, order);
}

typedef struct {
    gateway_t *gateway;
    gateway_walk_options_t options;
    gateway_walk_fn *found;
    void *arg;

    gateway_window_t window; /* asked for just now */
    int64_t width;           /* of the next window; 0: the whole range at once */
    int64_t looked_at;       /* ids */
    int64_t started_us;
    mc_agent_event_t *events;
    size_t count;
} walk_t;

static void ask_next(walk_t *walk);

static void
end_walk(walk_t *walk, int64_t reached, bool is_done)
{
    gateway_found_t found = {
        .events = {walk->events, walk->count}, .reached = reached, .is_done = is_done};
    walk->found(walk->arg, &found, NULL);
}

static void
refuse_walk(walk_t *walk, mc_error_code_t code, const char *reason)
{
    mc_refusal_t refusal;
    mc_refuse(&refusal, (int)code, "", "%s", reason);
    walk->found(walk->arg, NULL, &refusal);
}

static void
keep_events(walk_t *walk, mc_list_t more)
{
    if (more.count == 0)
        return;
    mc_agent_event_t *all =
        mc_arena_alloc(walk->options.arena, (walk->count + more.count) * sizeof *all);
    if (walk->count)
        memcpy(all, walk->events, walk->count * sizeof *all);
    memcpy(all + walk->count, more.items, more.count * sizeof *all);
    walk->events = all;
    walk->count += more.count;
}

/* True when the bytes of this window did not all fit, so the rest of it is still to be read. */
static bool
is_cut_short(const walk_t *walk, size_t rows)
{
    return walk->options.is_whole && rows > 0 && (int64_t)rows < walk->window.limit;
}

static void
go_on(walk_t *walk, size_t rows)
{
    const gateway_window_t *window = &walk->window;
    gateway_window_t *range = &walk->options.range;
    bool is_up = window->is_ascending;
    if ((int64_t)walk->count >= range->limit || is_cut_short(walk, rows)) {
        end_walk(walk, walk->events[walk->count - 1].id - (is_up ? 0 : 1), false);
        return;
    }

    /* The window is used up: what is left of the range lies beyond it. */
    int64_t reached = is_up ? window->upto : window->above;
    walk->looked_at += window->upto - window->above;
    if (is_up)
        range->above = reached;
    else
        range->upto = reached;
    if (range->above >= range->upto)
        end_walk(walk, reached, true);
    else if (walk->options.ids_max && walk->looked_at >= walk->options.ids_max)
        end_walk(walk, reached, false);
    else if (mc_clock_steady_us() - walk->started_us > WALK_US_MAX)
        refuse_walk(walk, MC_DEADLINE_PASSED_ERROR,
                    "too few events match to find them in time; give rootTaskId or runId");
    else
        ask_next(walk);
}

static void
on_window(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    walk_t *walk = arg;
    mc_list_t events;
    if (refusal) {
        walk->found(walk->arg, NULL, refusal);
        return;
    }
    if (mc_store_read_all(result, &mc_agent_event_shape, walk->options.arena, &events)) {
        refuse_walk(walk, MC_INTERNAL_ERROR, mc_error());
        return;
    }
    keep_events(walk, events);
    go_on(walk, events.count);
}

/* The next part of the range: all of it, or as many ids as the width says. */
static gateway_window_t
next_window(walk_t *walk)
{
    gateway_window_t window = walk->options.range;
    int64_t width = walk->width, left = walk->options.ids_max - walk->looked_at;
    window.limit -= (int64_t)walk->count;
    if (walk->options.ids_max && width > left)
        width = left;
    if (walk->width && window.upto - window.above > width) {
        if (window.is_ascending)
            window.upto = window.above + width;
        else
            window.above = window.upto - width;
    }
    if (walk->width && walk->width < WINDOW_IDS_MAX)
        walk->width *= WINDOW_GROWTH;
    return window;
}

static void
ask_next(walk_t *walk)
{
    gateway_question_t question;
    walk->window = next_window(walk);
    gateway_question_init(&question, walk->options.arena);
    gateway_query_events(&question, walk->options.query, walk->window, walk->options.is_whole);
    gateway_question_ask(&question, walk->gateway, on_window, walk);
}

static void
on_last_id(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    walk_t *walk = arg;
    if (refusal) {
        walk->found(walk->arg, NULL, refusal);
        return;
    }
    int64_t last_id = PQntuples(result) ? mc_store_i64(result, 0, 0) : 0;
    gateway_window_t *range = &walk->options.range;
    if (range->upto > last_id)
        range->upto = last_id;
    if (range->above >= range->upto)
        end_walk(walk, range->is_ascending ? range->upto : range->above, true);
    else
        ask_next(walk);
}

void
gateway_events_walk(gateway_t *gateway, const gateway_walk_options_t *options,
                    gateway_walk_fn *found, void *arg)
{
    const mc_event_query_t *query = options->query;
    walk_t *walk = mc_arena_alloc(options->arena, sizeof *walk);
    *walk = (walk_t){.gateway = gateway, .options = *options, .found = found, .arg = arg};
    walk->started_us = mc_clock_steady_us();

    bool has_index = mc_has(query, event_query, root_task_id) || mc_has(query, event_query, run_id);
    if (has_index) {
        ask_next(walk);
        return;
    }
    walk->width = 2 * options->range.limit;
    if (walk->width < WINDOW_IDS_MIN)
        walk->width = WINDOW_IDS_MIN;
    gateway_store_last_event_id(gateway->store, on_last_id, walk);
}

/* Ascending walks are shown newest first too. */
static mc_list_t
turn_round(mc_list_t list, mc_arena_t *arena)
{
    const mc_agent_event_t *events = list.items;
    mc_agent_event_t *turned = mc_arena_alloc(arena, (list.count + 1) * sizeof *turned);
    for (size_t i = 0; i < list.count; i++)
        turned[i] = events[list.count - 1 - i];
    return (mc_list_t){turned, list.count};
}

static void
on_found(void *arg, const gateway_found_t *found, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    const gateway_walk_options_t *options = ask->detail;
    if (refusal) {
        gateway_ask_refuse(ask, refusal);
        return;
    }
    ask->has_next = !found->is_done && !options->range.is_ascending;
    if (ask->has_next)
        ask->next = (mc_cursor_t){.order = found->reached + 1};
    mc_list_t events = found->events;
    if (options->range.is_ascending)
        events = turn_round(events, ask->arena);
    gateway_ask_records(ask, &mc_agent_event_shape, events);
}

/* A poller that gives sinceId and is more than a page behind gets the events next to what it has
 * seen, so that the highest id it then knows leaves nothing out. */
void
gateway_events_list(gateway_ask_t *ask)
{
    const mc_event_query_t *query = ask->input;
    gateway_walk_options_t *options = mc_arena_alloc(ask->arena, sizeof *options);
    bool has_since = mc_has(query, event_query, since_id);
    bool has_before = mc_has(query, event_query, before_id);
    *options = (gateway_walk_options_t){.query = query, .arena = ask->arena};
    options->range.above = has_since ? query->since_id : 0;
    options->range.upto = has_before ? query->before_id - 1 : INT64_MAX;
    options->range.limit = query->limit;
    options->range.is_ascending = has_since && !has_before && ask->form == GATEWAY_BARE;
    options->ids_max = ask->form == GATEWAY_PAGE ? PAGE_IDS_MAX : 0;
    ask->detail = options;
    gateway_events_walk(ask->gateway, options, on_found, ask);
}
