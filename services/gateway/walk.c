/*
 *  walk - through the ids of events, until enough have passed the filters
 */
#include "walk.h"

#include "common/clock.h"
#include "common/error.h"
#include "common/event_blocks.h"
#include "gateway_store.h"
#include "query_blocks.h"

#define WINDOW_IDS_MIN INT64_C(512)
#define WINDOW_IDS_MAX INT64_C(1048576)
#define WINDOW_GROWTH 4

/* Of one root, whose ids lie far apart. */
#define ROOT_WINDOW_IDS_MIN INT64_C(65536)

/* A page that searches one root for text goes on with the next window for so long. */
#define ROOT_TEXT_US INT64_C(60000)

/* Blocks that are looked into by one question: few at first, as most searches end there. */
#define BLOCKS_MIN 8
#define BLOCKS_MAX 128
#define BLOCKS_GROWTH 4

/* A search in one root looks into its blocks one by one only when there are no more than these. */
#define ROOT_BLOCKS_MAX 256

/* Who cannot go on with a cursor is looked for so long. */
#define WALK_US_MAX INT64_C(10000000)

typedef enum {
    STRAIGHT, /* the whole range at once, by an index */
    WINDOWS,  /* all events, window by window */
    BLOCKS,   /* the events of blocks that can have what is searched */
} manner_t;

typedef struct {
    gateway_t *gateway;
    gateway_walk_options_t options;
    gateway_walk_fn *found;
    void *arg;

    manner_t manner;
    gateway_window_t window; /* asked for just now */
    int64_t window_ids;      /* of them looked at */
    int64_t width;           /* of the next window, in ids or blocks */
    bool has_root;
    bool is_first;     /* the newest ids are looked at before any block is asked for */
    int64_t looked_at; /* ids */
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

/* So many more ids may be looked at. */
static int64_t
ids_left(const walk_t *walk)
{
    return walk->options.ids_max && !walk->has_root ? walk->options.ids_max - walk->looked_at
                                                    : INT64_MAX;
}

/* How many events a root has in a window is not known ahead, but how long they took. */
static bool
has_paged_long(const walk_t *walk)
{
    return walk->options.ids_max && walk->has_root &&
           mc_has(walk->options.query, event_query, text) &&
           mc_clock_steady_us() - walk->started_us > ROOT_TEXT_US;
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
    walk->looked_at += walk->window_ids;
    if (is_up)
        range->above = reached;
    else
        range->upto = reached;
    if (range->above >= range->upto)
        end_walk(walk, reached, true);
    else if (ids_left(walk) <= 0 || has_paged_long(walk))
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

/* What is left of the range, and of the rows that are wanted. */
static gateway_window_t
rest_of(const walk_t *walk)
{
    gateway_window_t window = walk->options.range;
    window.limit -= (int64_t)walk->count;
    return window;
}

static void
ask_window(walk_t *walk, gateway_window_t window)
{
    gateway_question_t question;
    walk->window = window;
    walk->window_ids = window.upto - window.above;
    gateway_question_init(&question, walk->options.arena);
    gateway_query_events(&question, walk->options.query, window, walk->options.is_whole);
    gateway_question_ask(&question, walk->gateway, on_window, walk);
}

/* After a window that did not have enough. */
static void
widen(walk_t *walk)
{
    if (walk->manner == BLOCKS)
        walk->width = BLOCKS_MIN;
    else if (walk->width < WINDOW_IDS_MAX)
        walk->width *= WINDOW_GROWTH;
}

static void
ask_next_window(walk_t *walk)
{
    gateway_window_t window = rest_of(walk);
    int64_t width = walk->width < ids_left(walk) ? walk->width : ids_left(walk);
    if (window.upto - window.above > width) {
        if (window.is_ascending)
            window.upto = window.above + width;
        else
            window.above = window.upto - width;
    }
    widen(walk);
    walk->is_first = false;
    ask_window(walk, window);
}

/* The part of the range up to the end of the last of these blocks. */
static gateway_window_t
window_up_to(const walk_t *walk, int64_t last_block)
{
    gateway_window_t window = rest_of(walk);
    int64_t before = last_block * MC_EVENT_BLOCK_IDS - 1; /* the id below its first */
    int64_t last = before + MC_EVENT_BLOCK_IDS;
    if (window.is_ascending && last < window.upto)
        window.upto = last;
    if (!window.is_ascending && before > window.above)
        window.above = before;
    return window;
}

static void
ask_in_blocks(walk_t *walk, gateway_window_t window, const int64_t *blocks, size_t count)
{
    gateway_question_t question;
    walk->window = window;
    walk->window_ids = (int64_t)count * MC_EVENT_BLOCK_IDS;
    if (count == 0) {
        go_on(walk, 0);
        return;
    }
    gateway_question_init(&question, walk->options.arena);
    gateway_query_events_in(&question, walk->options.query, window, walk->options.is_whole, blocks,
                            count);
    gateway_question_ask(&question, walk->gateway, on_window, walk);
}

static void
on_blocks(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    walk_t *walk = arg;
    if (refusal) {
        walk->found(walk->arg, NULL, refusal);
        return;
    }
    int count = PQntuples(result);
    if (walk->has_root && count > ROOT_BLOCKS_MAX) {
        walk->manner = WINDOWS;
        walk->width = ROOT_WINDOW_IDS_MIN;
        ask_next_window(walk);
        return;
    }
    int64_t blocks[ROOT_BLOCKS_MAX];
    assert(count <= ROOT_BLOCKS_MAX);
    for (int row = 0; row < count; row++)
        blocks[row] = mc_store_i64(result, row, 0);
    bool are_all = count < walk->width;
    if (walk->width < BLOCKS_MAX)
        walk->width *= BLOCKS_GROWTH;
    ask_in_blocks(walk, are_all ? rest_of(walk) : window_up_to(walk, blocks[count - 1]), blocks,
                  (size_t)count);
}

static void
ask_next_blocks(walk_t *walk)
{
    gateway_question_t question;
    gateway_window_t window = rest_of(walk);
    int64_t most = ids_left(walk) / MC_EVENT_BLOCK_IDS + 1;
    if (walk->width > most)
        walk->width = most;
    window.limit = walk->width;
    gateway_question_init(&question, walk->options.arena);
    gateway_query_blocks(&question, walk->options.query, window);
    gateway_question_ask(&question, walk->gateway, on_blocks, walk);
}

static void
ask_next(walk_t *walk)
{
    if (walk->manner == BLOCKS && !walk->is_first)
        ask_next_blocks(walk);
    else
        ask_next_window(walk);
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

static manner_t
choose_manner(const mc_event_query_t *query)
{
    if (mc_has(query, event_query, run_id))
        return STRAIGHT;
    if (gateway_query_has_blocks(query))
        return BLOCKS;
    return mc_has(query, event_query, text) ? WINDOWS : STRAIGHT;
}

static int64_t
first_width(const walk_t *walk)
{
    int64_t wanted = 2 * walk->options.range.limit;
    if (walk->has_root)
        return walk->manner == BLOCKS ? ROOT_BLOCKS_MAX + 1 : ROOT_WINDOW_IDS_MIN;
    return wanted > WINDOW_IDS_MIN ? wanted : WINDOW_IDS_MIN;
}

void
gateway_events_walk(gateway_t *gateway, const gateway_walk_options_t *options,
                    gateway_walk_fn *found, void *arg)
{
    walk_t *walk = mc_arena_alloc(options->arena, sizeof *walk);
    *walk = (walk_t){.gateway = gateway, .options = *options, .found = found, .arg = arg};
    walk->started_us = mc_clock_steady_us();
    walk->manner = choose_manner(options->query);
    if (walk->manner == STRAIGHT) {
        ask_window(walk, rest_of(walk));
        return;
    }
    walk->has_root = mc_has(options->query, event_query, root_task_id);
    walk->is_first = !walk->has_root;
    walk->width = first_width(walk);
    gateway_store_last_event_id(gateway->store, on_last_id, walk);
}
