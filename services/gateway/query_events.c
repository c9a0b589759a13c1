/*
 *  query_events - questions about events
 */
#include "query_events.h"

#include "common/event_blocks.h"
#include "walk.h"

/* A page of GET gives up after this many ids and says where to go on. Looking for text takes the
 * time of four comparisons. */
#define PAGE_IDS_MAX INT64_C(131072)
#define PAGE_TEXT_IDS_MAX INT64_C(32768)

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

/* Which events of a window: WHERE ..., up to the limit, in the order of ids. */
static void
add_conditions(gateway_question_t *question, const mc_event_query_t *query,
               const gateway_window_t *window)
{
    gateway_question_i64(question, " WHERE id > ?", window->above);
    gateway_question_i64(question, " AND id <= ?", window->upto);
    gateway_question_filter(question, &mc_event_query_shape, query, filters, MC_COUNT(filters));
}

static void
add_order(gateway_question_t *question, const gateway_window_t *window)
{
    gateway_question_add(question, window->is_ascending ? " ORDER BY id ASC" : " ORDER BY id DESC");
    gateway_question_i64(question, " LIMIT ?", window->limit);
}

static void
end_within_bytes(gateway_question_t *question, const char *order, bool is_whole)
{
    gateway_question_add(question, ") i) e");
    if (is_whole)
        gateway_question_add(question, " WHERE nth = 1 OR bytes_so_far <= " PIECE_BYTES);
    gateway_question_add(question, " ORDER BY e.id ");
    gateway_question_add(question, order);
}

void
gateway_query_events(gateway_question_t *question, const mc_event_query_t *query,
                     gateway_window_t window, bool is_whole)
{
    const char *order = window.is_ascending ? "ASC" : "DESC";
    select_within_bytes(question, order, is_whole);
    gateway_question_add(question, "SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "", NULL);
    gateway_question_add(question, " FROM aop_agent_events");
    add_conditions(question, query, &window);
    add_order(question, &window);
    end_within_bytes(question, order, is_whole);
}

/* Each block is looked into by itself, through the index of ids: the limit in there keeps the
 * planner from joining in another way. */
void
gateway_query_events_in(gateway_question_t *question, const mc_event_query_t *query,
                        gateway_window_t window, bool is_whole, const int64_t *blocks, size_t count)
{
    const char *order = window.is_ascending ? "ASC" : "DESC";
    select_within_bytes(question, order, is_whole);
    gateway_question_add(question, "SELECT l.* FROM unnest(");
    gateway_question_i64s(question, "?::bigint[]", blocks, count);
    gateway_question_add(question, ") AS b (block) CROSS JOIN LATERAL (SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "", NULL);
    gateway_question_add(question, " FROM aop_agent_events");
    add_conditions(question, query, &window);
    gateway_question_i64(question, " AND id >= b.block * ? AND id < (b.block + 1) * ?",
                         MC_EVENT_BLOCK_IDS);
    add_order(question, &window);
    gateway_question_add(question, ") l");
    add_order(question, &window);
    end_within_bytes(question, order, is_whole);
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
    if (ask->form == GATEWAY_PAGE)
        options->ids_max = mc_has(query, event_query, text) ? PAGE_TEXT_IDS_MAX : PAGE_IDS_MAX;
    ask->detail = options;
    gateway_events_walk(ask->gateway, options, on_found, ask);
}
