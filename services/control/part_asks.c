/*
 *  part_asks - what parts say, and what is asked about them
 */
#include "common/clock.h"
#include "common/error.h"
#include "services/control/control_store_holds.h"
#include "services/control/holds.h"
#include "services/control/part_registry.h"
#include "services/control/receipts.h"

static bool
is_one_of(mc_text_t word, const char *const *words)
{
    while (*words && !mc_text_is(word, *words))
        words++;
    return *words != NULL;
}

static int
check_hello(const control_t *control, const mc_control_part_t *part, mc_refusal_t *refusal)
{
    static const char *const kinds[] = {"router", "mcp-proxy", "run", "agent", NULL};
    static const char *const strengths[] = {"strong", "weak", "none", NULL};
    bool is_new = !control_parts_find(control->parts, part->id);
    if (!is_one_of(part->kind, kinds))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "kind",
                         "kind is \"%.*s\", not router, mcp-proxy, run or agent",
                         MC_FMT(part->kind));
    if (part->enforcement.size && !is_one_of(part->enforcement, strengths))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "enforcement",
                         "enforcement is \"%.*s\", not strong, weak or none",
                         MC_FMT(part->enforcement));
    if (is_new && control_parts_count(control->parts) >= CONTROL_PARTS_MAX)
        return mc_refuse(refusal, MC_TOO_BUSY_ERROR, NULL, "%d parts are known already",
                         CONTROL_PARTS_MAX);
    if (!control_holds_set(control->holds) || !control_parts_is_loaded(control->parts))
        return mc_refuse(refusal, MC_STORE_AWAY_ERROR, NULL, "the holds are not read yet");
    return 0;
}

static void
answer_verdict(mc_ask_t *ask, control_part_t *part)
{
    if (part->is_bus)
        mc_set(&part->verdict, verdict, epoch,
               mc_holds_epoch(control_holds_set(control_of(ask)->holds)));
    mc_ask_answer(ask, &mc_verdict_shape, mc_list_one(&part->verdict));
}

/* A router or a proxy that has applied more than before has done all verbs up to there. */
static void
take_epoch(control_t *control, control_part_t *part, int64_t epoch)
{
    mc_part_ack_t ack = {0};
    if (!part->is_bus || epoch <= part->record.epoch)
        return;
    mc_set(&part->record, control_part, epoch, epoch);
    mc_set(&ack, part_ack, part_id, part->record.id);
    mc_set(&ack, part_ack, epoch, epoch);
    mc_set(&ack, part_ack, state, MC_TEXT("applied"));
    control_receipts_acknowledge(control->receipts, part, &ack);
    control_holds_tell(control->holds);
}

static void
on_saved(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    control_t *control = control_of(ask);
    const mc_control_part_t *said = ask->input;
    mc_list_t parts;
    if (mc_ask_read(ask, result, refusal, &mc_control_part_shape, &parts) == -1)
        return;
    control_part_t *part = control_parts_put(control->parts, parts.items);
    control_parts_see(control->parts, part);
    control_parts_judge(control->parts, part, NULL);
    take_epoch(control, part, said->epoch);
    control_parts_tell(control->parts);
    control_holds_tell(control->holds);
    answer_verdict(ask, part);
}

/* What it says of itself is what it said before; what it did not say was looked up. One that was
 * started again has applied nothing yet, whatever the one before had. */
static bool
is_known(const control_part_t *part, const mc_control_part_t *said)
{
    const struct {
        mc_text_t said;
        mc_text_t known;
    } words[] = {
        {said->kind, part->record.kind},
        {said->instance, part->record.instance},
        {said->root_task_id, part->record.root_task_id},
        {said->run_id, part->record.run_id},
        {said->task_id, part->record.task_id},
        {said->enforcement, part->record.enforcement},
        {said->persona, part->record.persona},
        {said->skill, part->record.skill},
        {said->parent_run_id, part->record.parent_run_id},
    };
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (words[i].said.size && !mc_text_equals(words[i].said, words[i].known))
            return false;
    bool is_same =
        !mc_has(said, control_part, started_at) || said->started_at == part->record.started_at;
    return part->is_judged && is_same;
}

static void
on_left(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_verdict_t verdict = {0};
    (void)result;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    mc_set(&verdict, verdict, epoch, mc_holds_epoch(control_holds_set(control_of(ask)->holds)));
    mc_set(&verdict, verdict, verdict, MC_TEXT("run"));
    mc_ask_answer(ask, &mc_verdict_shape, mc_list_one(&verdict));
}

void
control_on_part_hello(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    mc_refusal_t refusal;
    if (!ask)
        return;
    control_t *control = control_of(ask);
    const mc_control_part_t *said = ask->input;
    if (check_hello(control, said, &refusal)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    control_part_t *part = control_parts_find(control->parts, said->id);
    if (mc_has(said, control_part, is_leaving) && said->is_leaving) {
        control_parts_remove(control->parts, said->id);
        control_store_remove_part(control, ask->arena, said->id, on_left, ask);
    } else if (part && is_known(part, said)) {
        control_parts_see(control->parts, part);
        take_epoch(control, part, said->epoch);
        answer_verdict(ask, part);
    } else {
        control_store_save_part(control, ask->arena, said, on_saved, ask);
    }
}

static int
check_ack(const control_t *control, const mc_part_ack_t *ack, mc_refusal_t *refusal)
{
    static const char *const states[] = {"paused", "running", "stopped", "restarted",
                                         "failed", "applied", NULL};
    if (!is_one_of(ack->state, states))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "state",
                         "state is \"%.*s\", not paused, running, stopped, restarted, failed or "
                         "applied",
                         MC_FMT(ack->state));
    const mc_holds_t *set = control_holds_set(control->holds);
    if (!set)
        return mc_refuse(refusal, MC_STORE_AWAY_ERROR, NULL, "the holds are not read yet");
    if (!control_parts_find(control->parts, ack->part_id))
        return mc_refuse(refusal, MC_NOT_FOUND_ERROR, "partId",
                         "partId is \"%.*s\", which has not said hello",
                         MC_FMT(mc_ask_shown(ack->part_id)));
    if (ack->epoch > mc_holds_epoch(set))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "epoch", "epoch is %lld, and there are %lld",
                         (long long)ack->epoch, (long long)mc_holds_epoch(set));
    return 0;
}

/* What was done counts when it is what is asked for now. */
static void
take_ack(control_part_t *part, const mc_part_ack_t *ack)
{
    const char *done = control_parts_done_word(part->judged);
    bool is_done = mc_text_is(ack->state, done) ||
                   (part->judged == MC_HOLDS_RESTART && mc_text_is(ack->state, "stopped"));
    snprintf(part->acknowledged, sizeof part->acknowledged, "%.*s", MC_FMT(ack->state));
    if (ack->epoch >= part->verdict.epoch)
        part->is_settled = is_done;
}

void
control_on_part_ack(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    mc_refusal_t refusal;
    if (!ask)
        return;
    control_t *control = control_of(ask);
    const mc_part_ack_t *ack = ask->input;
    if (check_ack(control, ack, &refusal)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    control_part_t *part = control_parts_find(control->parts, ack->part_id);
    control_parts_see(control->parts, part);
    CONTROL_COUNT(control, acknowledgements, 1);
    if (part->is_bus) {
        if (ack->epoch > part->record.epoch)
            mc_set(&part->record, control_part, epoch, ack->epoch);
    } else {
        take_ack(part, ack);
    }
    control_receipts_acknowledge(control->receipts, part, ack);
    control_holds_tell(control->holds);
    answer_verdict(ask, part);
}

void
control_on_watch_run(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_hold_member_t *run = ask->input;
    const mc_holds_t *set = control_holds_set(control_of(ask)->holds);
    if (!set || !control_parts_is_loaded(control_of(ask)->parts)) {
        mc_ask_refuse_with(ask, MC_STORE_AWAY_ERROR, NULL, "the holds are not read yet");
        return;
    }
    control_part_t *part = control_parts_find_run(control_of(ask)->parts, run->id);
    if (part && part->is_judged) {
        control_parts_see(control_of(ask)->parts, part);
        answer_verdict(ask, part);
        return;
    }
    mc_identity_t identity = {.run_id = run->id};
    const mc_hold_t *hold;
    mc_verdict_t verdict = {0};
    mc_holds_verdict_t judged = mc_holds_judge(set, &identity, &hold);
    mc_set(&verdict, verdict, run_id, run->id);
    mc_set(&verdict, verdict, epoch, mc_holds_epoch(set));
    mc_set(&verdict, verdict, verdict, mc_text(mc_holds_verdict_word(judged)));
    if (hold)
        mc_set(&verdict, verdict, mode, hold->mode);
    mc_ask_answer(ask, &mc_verdict_shape, mc_list_one(&verdict));
}

static int
compare_ids(const void *one, const void *other)
{
    const mc_hold_member_t *a = one, *b = other;
    size_t least = a->id.size < b->id.size ? a->id.size : b->id.size;
    int order = least ? memcmp(a->id.data, b->id.data, least) : 0;
    return order ? order : a->id.size < b->id.size ? -1 : a->id.size > b->id.size;
}

void
control_on_runs_watched(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_t *control = state;
    mc_arena_t *arena = mc_bus_request_arena(request);
    size_t size = records.count * sizeof(mc_hold_member_t);
    mc_hold_member_t *runs = mc_arena_alloc(arena, size + 1);
    if (records.count)
        memcpy(runs, records.items, size);
    qsort(runs, records.count, sizeof *runs, compare_ids);
    for (control_part_t *part = NULL; (part = control_parts_next(control->parts, part));) {
        mc_hold_member_t wanted = {.id = part->record.run_id};
        if (!part->is_bus && wanted.id.size &&
            bsearch(&wanted, runs, records.count, sizeof *runs, compare_ids))
            control_parts_see(control->parts, part);
    }
    mc_bus_answer(control->bus, request, &mc_nothing_shape, (mc_list_t){0});
}

void
control_on_list_parts(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    control_parts_t *parts = control_of(ask)->parts;
    const mc_hold_query_t *query = ask->input;
    mc_control_part_t *list =
        mc_arena_alloc(ask->arena, (control_parts_count(parts) + 1) * sizeof *list);
    size_t count = 0;
    int64_t ago_us = mc_clock_us() - mc_clock_steady_us();
    for (control_part_t *part = NULL; (part = control_parts_next(parts, part));) {
        if (query->root_task_id.size && !part->is_bus &&
            !mc_text_equals(query->root_task_id, part->record.root_task_id))
            continue;
        mc_control_part_t *shown = &list[count++];
        *shown = part->record;
        mc_set(shown, control_part, state, mc_text(part->is_gone ? "gone" : "here"));
        mc_set(shown, control_part, seen_at, ago_us + part->seen_us);
        mc_set(shown, control_part, verdict, mc_text(mc_holds_verdict_word(part->judged)));
        mc_set(shown, control_part, acknowledged, mc_text(part->acknowledged));
    }
    mc_ask_answer(ask, &mc_control_part_shape, (mc_list_t){list, count});
}

static void
on_forgotten(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_part_name_t *name = ask->input;
    mc_list_t parts;
    if (mc_ask_read(ask, result, refusal, &mc_control_part_shape, &parts) == -1)
        return;
    if (parts.count == 0) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "id", "there is no part \"%.*s\"",
                           MC_FMT(mc_ask_shown(name->id)));
        return;
    }
    control_parts_remove(control_of(ask)->parts, name->id);
    mc_ask_answer(ask, &mc_control_part_shape, parts);
}

void
control_on_forget_part(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_part_name_t *name = ask->input;
    const control_part_t *part = control_parts_find(control_of(ask)->parts, name->id);
    if (part && !part->is_gone) {
        mc_ask_refuse_with(ask, MC_CONFLICT_ERROR, "id",
                           "part \"%.*s\" is here: only one that is gone can be forgotten",
                           MC_FMT(mc_ask_shown(name->id)));
        return;
    }
    control_deed_t deed = {
        .actor = mc_ask_actor(ask, &mc_part_name_shape),
        .action = MC_TEXT("control_part_forgotten"),
        .target = name->id,
    };
    control_store_forget_part(control_of(ask), &deed, on_forgotten, ask);
}
