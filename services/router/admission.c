/*
 *  admission - what asks a provider at the boundary: it goes on, is held, or is refused
 */
#include "services/router/admission.h"

static void
on_go_on(void *arg)
{
    router_admission_t *self = arg;
    self->owner->go_on(self->arg);
}

static void
on_refuse(void *arg, const mc_refusal_t *refusal)
{
    router_admission_t *self = arg;
    self->owner->refuse(self->arg, refusal);
}

static void
on_cut(void *arg, const mc_refusal_t *refusal)
{
    router_admission_t *self = arg;
    self->owner->cut(self->arg, refusal);
}

const mc_boundary_calls_t router_admission_calls = {on_go_on, on_refuse, on_cut};

void
router_admission_init(router_admission_t *self, const router_identity_t *who, size_t bytes,
                      const mc_boundary_calls_t *owner, void *arg)
{
    self->identity = (mc_identity_t){
        .root_task_id = who->root_task_id,
        .task_id = who->task_id,
        .run_id = who->run_id,
        .parent_run_id = who->parent_run_id,
        .actor = who->actor,
        .persona = who->persona,
        .skill = who->skill,
        .tier = who->tier,
    };
    self->bytes = bytes;
    self->owner = owner;
    self->arg = arg;
}

int
router_admission_enter(router_admission_t *self, mc_boundary_t *boundary, mc_text_t provider,
                       mc_text_t model_id, mc_refusal_t *refusal)
{
    mc_boundary_entry_t entry = {&self->identity, self->bytes, self};
    router_admission_leave(self);
    self->identity.provider = provider;
    self->identity.model_id = model_id;
    return mc_boundary_enter(boundary, &self->call, &entry, refusal);
}

void
router_admission_leave(router_admission_t *self)
{
    mc_boundary_leave(&self->call);
}
