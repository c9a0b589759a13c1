/*
 *  writer_spans - what spans need besides: the right root and run, tiers and sums from nesting
 */
#include "services/ingest/writer_spans.h"

#include "services/ingest/ingest_store.h"

#define ROUNDS_MAX 48 /* of looking for moves: as deep as spans are followed */

/* Something that was elsewhere before; empty runs: every run of the old root. */
struct ingest_writer_move {
    mc_text_t old_root;
    mc_text_t old_run;
    mc_text_t new_root;
    mc_text_t new_run;
    ingest_writer_move_t *next;
};

/* What is done for each row of a list, statement by statement. */
static const char *const join_statements[] = {ingest_sql_keep_join, ingest_sql_join_events,
                                              ingest_sql_join_runs, ingest_sql_join_root};
static const char *const move_statements[] = {ingest_sql_move_events, ingest_sql_move_run};

static bool
is_telemetry(const mc_agent_event_t *event)
{
    return mc_has(event, agent_event, source) && event->source.size > 5 &&
           !memcmp(event->source.data, "otlp-", 5);
}

bool
ingest_writer_wants_spans(const ingest_writer_t *self)
{
    for (size_t i = 0; i < self->window; i++) {
        const mc_agent_event_t *event = &self->batch.events[self->from + i];
        if (event->id != 0 && is_telemetry(event))
            return true;
    }
    return false;
}

/* --- traces that were joined before --- */

/* 32 hexadecimal digits, as the root of a span that named no session. */
static bool
is_trace_id(mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("0123456789abcdef", text.data[i]) || text.data[i] == '\0')
            return false;
    return text.size == 32;
}

static bool
may_be_joined(const mc_agent_event_t *event)
{
    return is_telemetry(event) && mc_has(event, agent_event, root_task_id) &&
           is_trace_id(event->root_task_id);
}

bool
ingest_writer_wants_traces(const ingest_writer_t *self)
{
    for (size_t i = 0; i < self->window; i++)
        if (may_be_joined(&self->batch.events[self->from + i]))
            return true;
    return false;
}

void
ingest_writer_ask_traces(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_text_t *traces = mc_arena_alloc(self->scratch, self->window * sizeof *traces);
    size_t count = 0;
    for (size_t i = 0; i < self->window; i++) {
        const mc_agent_event_t *event = &self->batch.events[self->from + i];
        if (may_be_joined(event) &&
            (count == 0 || !mc_text_equals(traces[count - 1], event->root_task_id)))
            traces[count++] = event->root_task_id;
    }
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_texts(&params, traces, count);
    mc_store_session_ask(self->session, ingest_sql_find_traces, &params, answered, self);
}

static void
replace_root(ingest_writer_t *self, mc_text_t trace, mc_text_t root)
{
    for (size_t i = 0; i < self->window; i++) {
        mc_agent_event_t *event = &self->batch.events[self->from + i];
        if (may_be_joined(event) && mc_text_equals(event->root_task_id, trace))
            mc_set(event, agent_event, root_task_id, root);
    }
}

int
ingest_writer_answer_traces(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    (void)refusal;
    for (int row = 0; row < PQntuples(result); row++)
        replace_root(self, mc_store_text(result, row, 0),
                     mc_arena_text(self->batch.arena, mc_store_text(result, row, 1)));
    return 0;
}

/* --- questions about what the window touched --- */

void
ingest_writer_ask_touched(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_i64(&params, self->after_id);
    mc_store_param_i64(&params, self->last_id);
    mc_store_session_ask(self->session, ingest_sql_note_touched, &params, answered, self);
}

void
ingest_writer_ask_parents(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_find_parents, NULL, answered, self);
}

void
ingest_writer_ask_tiers(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_derive_tiers, NULL, answered, self);
}

void
ingest_writer_ask_usage(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_derive_usage, NULL, answered, self);
}

void
ingest_writer_ask_runs(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_store_session_ask(self->session, ingest_sql_read_runs, NULL, answered, self);
}

/* --- joins and moves --- */

static bool
is_join(const ingest_writer_move_t *move)
{
    return move->old_run.size == 0;
}

static size_t
statement_count(const ingest_writer_move_t *move)
{
    return is_join(move) ? MC_COUNT(join_statements) : MC_COUNT(move_statements);
}

/* The next statement of the move under way; else the question what else there is. */
static void
ask_chore(ingest_writer_t *self, const char *question, mc_store_answer_fn *answered)
{
    const ingest_writer_move_t *move = self->move;
    if (!move) {
        self->is_looking = true;
        self->rounds++;
        mc_store_session_ask(self->session, question, NULL, answered, self);
        return;
    }
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_text(&params, move->old_root);
    mc_store_param_text(&params, is_join(move) ? move->new_root : move->old_run);
    if (!is_join(move))
        mc_store_param_text(&params, move->new_run);
    const char *const *statements = is_join(move) ? join_statements : move_statements;
    mc_store_session_ask(self->session, statements[self->moving], &params, answered, self);
}

void
ingest_writer_ask_joins(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ask_chore(self, ingest_sql_find_joins, answered);
}

void
ingest_writer_ask_moves(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ask_chore(self, ingest_sql_find_moves, answered);
}

/* A row of the list: a trace and its root, or a root, its old run and its new run. */
static void
add_move(ingest_writer_t *self, const PGresult *result, int row)
{
    ingest_writer_move_t *move = mc_arena_alloc(self->scratch, sizeof *move);
    bool is_trace = PQnfields(result) == 2;
    *move = (ingest_writer_move_t){.old_root =
                                       mc_arena_text(self->scratch, mc_store_text(result, row, 0))};
    mc_text_t second = mc_arena_text(self->scratch, mc_store_text(result, row, 1));
    if (is_trace) {
        move->new_root = second;
    } else {
        move->new_root = move->old_root;
        move->old_run = second;
        move->new_run = mc_arena_text(self->scratch, mc_store_text(result, row, 2));
    }
    if (self->last_move)
        self->last_move->next = move;
    else
        self->first_move = move;
    self->last_move = move;
    if (!self->move)
        self->move = move;
}

int
ingest_writer_answer_chores(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    (void)refusal;
    if (self->is_looking) {
        self->is_looking = false;
        for (int row = 0; row < PQntuples(result); row++)
            add_move(self, result, row);
        mc_metrics_add(self->ingest->metrics, INGEST_METRIC_moved_runs, PQntuples(result));
        self->must_look = PQntuples(result) > 0 && self->rounds < ROUNDS_MAX;
        return 0;
    }
    if (++self->moving == statement_count(self->move)) {
        self->move = self->move->next;
        self->moving = 0;
    }
    return 0;
}

bool
ingest_writer_chores_again(ingest_writer_t *self)
{
    if (self->move || self->must_look)
        return true;
    self->rounds = 0;
    return false;
}

void
ingest_writer_follow_moves(ingest_writer_t *self)
{
    for (const ingest_writer_move_t *move = self->first_move; move; move = move->next) {
        for (size_t i = 0; i < self->window; i++) {
            mc_agent_event_t *event = &self->batch.events[self->from + i];
            if (!mc_text_equals(event->root_task_id, move->old_root) ||
                (!is_join(move) && !mc_text_equals(event->run_id, move->old_run)))
                continue;
            event->root_task_id = move->new_root;
            if (!is_join(move))
                event->run_id = move->new_run;
        }
    }
}

mc_list_t
ingest_writer_moves(const ingest_writer_t *self)
{
    size_t count = 0;
    for (const ingest_writer_move_t *move = self->first_move; move; move = move->next)
        count++;
    mc_run_move_t *rows = mc_arena_alloc(self->scratch, (count + 1) * sizeof *rows);
    mc_run_move_t *row = rows;
    for (const ingest_writer_move_t *move = self->first_move; move; move = move->next, row++) {
        mc_set(row, run_move, root_task_id, move->old_root);
        mc_set(row, run_move, new_root_task_id, move->new_root);
        if (is_join(move))
            continue;
        mc_set(row, run_move, run_id, move->old_run);
        mc_set(row, run_move, new_run_id, move->new_run);
    }
    return (mc_list_t){rows, count};
}
