/*
 *  writer_spans - what spans need besides: runs joined late, tiers and sums from nesting
 */
#include "services/ingest/writer_spans.h"

#include "services/ingest/ingest_store.h"
#include "services/ingest/writer_tree.h"

/* One provisional run and the run it belongs to. */
typedef struct {
    mc_text_t root;
    mc_text_t old_run;
    mc_text_t new_run;
} move_t;

static const char *const move_steps[] = {ingest_sql_move_events, ingest_sql_move_run,
                                         ingest_sql_drop_run};

static bool
is_span(const mc_agent_event_t *event)
{
    return event->id != 0 && mc_has(event, agent_event, span_id);
}

bool
ingest_writer_wants_spans(const ingest_writer_t *self)
{
    for (size_t i = 0; i < self->window; i++)
        if (is_span(&self->batch.events[self->from + i]))
            return true;
    return false;
}

/* Calls add for each span of the window whose root, or run, differs from the one before. */
static void
list_roots(const ingest_writer_t *self, mc_buffer_t *roots)
{
    const mc_run_change_t *changes = self->changes.items;
    mc_buffer_string(roots, "{");
    for (size_t i = 0; i < self->changes.count; i++)
        if (i == 0 || !mc_text_equals(changes[i].root_task_id, changes[i - 1].root_task_id))
            ingest_writer_array_add(roots, changes[i].root_task_id);
    mc_buffer_string(roots, "}");
}

static void
ask_for_roots(ingest_writer_t *self, const char *sql, mc_store_answer_fn *answered)
{
    mc_buffer_t roots = {0};
    mc_store_params_t params = {.arena = self->scratch};
    list_roots(self, &roots);
    mc_store_param_text(&params, mc_buffer_content(&roots));
    mc_store_session_ask(self->session, sql, &params, answered, self);
    mc_buffer_clear(&roots);
}

void
ingest_writer_ask_tiers(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ask_for_roots(self, ingest_sql_derive_tiers, answered);
}

void
ingest_writer_ask_usage(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ask_for_roots(self, ingest_sql_derive_usage, answered);
}

void
ingest_writer_ask_runs(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    ask_for_roots(self, ingest_sql_read_runs, answered);
}

/* Three arrays of the same length: root, span and run of each step of a run. */
void
ingest_writer_ask_moves(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    mc_buffer_t arrays[3] = {0};
    for (size_t i = 0; i < MC_COUNT(arrays); i++)
        mc_buffer_string(&arrays[i], "{");
    for (size_t i = 0; i < self->window; i++) {
        const mc_agent_event_t *event = &self->batch.events[self->from + i];
        if (!is_span(event) || mc_text_equals(event->span_id, event->run_id))
            continue;
        ingest_writer_array_add(&arrays[0], event->root_task_id);
        ingest_writer_array_add(&arrays[1], event->span_id);
        ingest_writer_array_add(&arrays[2], event->run_id);
    }
    mc_store_params_t params = {.arena = self->scratch};
    for (size_t i = 0; i < MC_COUNT(arrays); i++) {
        mc_buffer_string(&arrays[i], "}");
        mc_store_param_text(&params, mc_buffer_content(&arrays[i]));
    }
    mc_store_session_ask(self->session, ingest_sql_find_moves, &params, answered, self);
    for (size_t i = 0; i < MC_COUNT(arrays); i++)
        mc_buffer_clear(&arrays[i]);
}

int
ingest_writer_answer_moves(ingest_writer_t *self, const PGresult *result, mc_refusal_t *refusal)
{
    (void)refusal;
    size_t count = (size_t)PQntuples(result);
    move_t *moves = mc_arena_alloc(self->scratch, (count + 1) * sizeof *moves);
    for (size_t i = 0; i < count; i++) {
        moves[i].root = mc_arena_text(self->scratch, mc_store_text(result, (int)i, 0));
        moves[i].old_run = mc_arena_text(self->scratch, mc_store_text(result, (int)i, 1));
        moves[i].new_run = mc_arena_text(self->scratch, mc_store_text(result, (int)i, 2));
    }
    self->moves = (mc_list_t){moves, count};
    self->moving = 0;
    mc_metrics_add(self->ingest->metrics, INGEST_METRIC_moved_runs, (int64_t)count);
    return 0;
}

bool
ingest_writer_wants_move(const ingest_writer_t *self)
{
    return ingest_writer_wants_spans(self) &&
           self->moving < self->moves.count * MC_COUNT(move_steps);
}

void
ingest_writer_ask_move(ingest_writer_t *self, mc_store_answer_fn *answered)
{
    const move_t *move = (const move_t *)self->moves.items + self->moving / MC_COUNT(move_steps);
    const char *sql = move_steps[self->moving % MC_COUNT(move_steps)];
    mc_store_params_t params = {.arena = self->scratch};
    mc_store_param_text(&params, move->root);
    mc_store_param_text(&params, move->old_run);
    if (sql != ingest_sql_drop_run)
        mc_store_param_text(&params, move->new_run);
    mc_store_session_ask(self->session, sql, &params, answered, self);
}

bool
ingest_writer_move_again(ingest_writer_t *self)
{
    self->moving++;
    return ingest_writer_wants_move(self);
}
