/*
 *  budget_door - an agent asks what it may still spend
 *
 *  Its key and its x-mc-* headers say whose budgets are meant; the answer is that of the
 *  budget service, as it is now.
 */
#include <stdlib.h>

#include "proto/codec.h"
#include "services/router/door.h"
#include "services/router/router.h"

typedef struct {
    mc_http_request_t *request; /* NULL: the client has left */
    mc_arena_t *arena;
    router_identity_t identity;
    mc_refusal_t refusal;
    bool is_refused;
} question_t;

static void
destroy(question_t **address)
{
    question_t *self = mc_take(address);
    mc_arena_destroy(&self->arena);
    free(self);
}

static void
on_gone(void *arg)
{
    ((question_t *)arg)->request = NULL;
}

static void
on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    question_t *self = arg;
    mc_buffer_t out = {0};
    if (self->request && refusal) {
        mc_http_refuse(self->request, refusal);
    } else if (self->request) {
        mc_buffer_string(&out, "{\"items\":");
        mc_write_json_list(&mc_budget_shape, *records, &out);
        mc_buffer_string(&out, "}");
        mc_http_answer_json(self->request, 200, &out);
    }
    destroy(&self);
}

static void
on_header(void *arg, mc_text_t name, mc_text_t value)
{
    question_t *self = arg;
    if (!self->is_refused)
        self->is_refused = router_identity_take(&self->identity, self->arena, name, value,
                                                &self->refusal) == MC_REFUSED;
}

static void
ask(router_t *router, question_t *self)
{
    mc_budget_scope_query_t query = {0};
    const router_identity_t *who = &self->identity;
    if (who->run_id.size)
        mc_set(&query, budget_scope_query, run_id, who->run_id);
    if (who->task_id.size)
        mc_set(&query, budget_scope_query, task_id, who->task_id);
    if (who->root_task_id.size)
        mc_set(&query, budget_scope_query, root_task_id, who->root_task_id);
    mc_set(&query, budget_scope_query, actor, who->actor);
    if (who->key_id.size)
        mc_set(&query, budget_scope_query, key_id, who->key_id);
    mc_bus_call(router->bus, "budget", MC_COMMAND_GET_BUDGET, mc_list_one(&query),
                MC_BUS_TIMEOUT_MS, on_answer, self);
}

void
router_on_budget(void *state, mc_http_request_t *request)
{
    question_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->request = request;
    self->arena = mc_arena_new();
    mc_http_each_header(request, on_header, self);
    if (self->is_refused) {
        mc_http_refuse(request, &self->refusal);
        destroy(&self);
        return;
    }
    router_door_identity(state, request, self->arena, &self->identity);
    mc_http_on_gone(request, on_gone, self);
    ask(state, self);
}
