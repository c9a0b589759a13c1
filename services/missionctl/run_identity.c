/*
 *  run_identity - which run a wrapped command is
 */
#include "run_identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"

static const char *
name_of_program(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static const char *
from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

/* Checks a text as the field of the event that it becomes. */
static int
check_text(const char *option, const char *value, size_t field_index)
{
    mc_agent_event_t event = {0};
    mc_refusal_t refusal = {0};
    const mc_field_t *field = &mc_agent_event_shape.fields[field_index];
    if (!value)
        return 0;
    if (!*value)
        return mc_fail("--%s is empty", option);
    if (mc_field_set_text(&mc_agent_event_shape, field, &event, mc_text(value), &refusal))
        return mc_fail("--%s: %s", option, refusal.message);
    return 0;
}

static int
check(const missionctl_run_identity_t *self)
{
    const struct {
        const char *option;
        const char *value;
        size_t field;
    } rows[] = {
        {"root", self->root_task_id, MC_INDEX_agent_event_root_task_id},
        {"task", self->task_id, MC_INDEX_agent_event_task_id},
        {"actor", self->actor, MC_INDEX_agent_event_actor},
        {"persona", self->persona, MC_INDEX_agent_event_persona},
        {"skill", self->skill, MC_INDEX_agent_event_skill},
        {"provider", self->provider, MC_INDEX_agent_event_provider},
        {"model", self->model_id, MC_INDEX_agent_event_model_id},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        if (check_text(rows[i].option, rows[i].value, rows[i].field) == -1)
            return -1;
    return 0;
}

int
missionctl_run_identity(missionctl_run_identity_t *self, const missionctl_args_t *args)
{
    *self = (missionctl_run_identity_t){
        .parent_run_id = from_environment("MC_RUN_ID"),
        .root_task_id = missionctl_args_value(args, "root"),
        .task_id = missionctl_args_value(args, "task"),
        .actor = missionctl_args_value(args, "actor"),
        .persona = missionctl_args_value(args, "persona"),
        .skill = missionctl_args_value(args, "skill"),
        .provider = missionctl_args_value(args, "provider"),
        .model_id = missionctl_args_value(args, "model"),
    };
    mc_uuid_print(mc_uuid_new(), self->run_id);
    self->attempt = 1;
    if (!self->root_task_id)
        self->root_task_id = from_environment("MC_ROOT_TASK_ID");
    if (!self->root_task_id)
        self->root_task_id = self->run_id;
    if (!self->task_id)
        self->task_id = self->run_id;
    if (!self->actor)
        self->actor = name_of_program(args->rest[0]);
    if (missionctl_args_number(args, "tier", (int64_t[]){1, 3}, &self->tier) == -1)
        return -1;
    return check(self);
}

/* Where the first attempt was its own task, that stays the task. */
void
missionctl_run_identity_next(missionctl_run_identity_t *self, const char *run_id)
{
    if (self->attempt == 1)
        memcpy(self->first_id, self->run_id, sizeof self->first_id);
    if (self->root_task_id == self->run_id)
        self->root_task_id = self->first_id;
    if (self->task_id == self->run_id)
        self->task_id = self->first_id;
    memcpy(self->previous_id, self->run_id, sizeof self->previous_id);
    self->parent_run_id = self->previous_id;
    snprintf(self->run_id, sizeof self->run_id, "%s", run_id);
    self->attempt++;
}

static void
fill_text(mc_agent_event_t *event, size_t index, const char *value)
{
    const mc_field_t *field = &mc_agent_event_shape.fields[index];
    if (!value)
        return;
    *(mc_text_t *)mc_record_member(event, field) = mc_text(value);
    mc_record_mark(event, index);
}

void
missionctl_run_identity_fill(const missionctl_run_identity_t *self, mc_agent_event_t *event)
{
    fill_text(event, MC_INDEX_agent_event_run_id, self->run_id);
    fill_text(event, MC_INDEX_agent_event_parent_run_id, self->parent_run_id);
    fill_text(event, MC_INDEX_agent_event_root_task_id, self->root_task_id);
    fill_text(event, MC_INDEX_agent_event_task_id, self->task_id);
    fill_text(event, MC_INDEX_agent_event_actor, self->actor);
    fill_text(event, MC_INDEX_agent_event_persona, self->persona);
    fill_text(event, MC_INDEX_agent_event_skill, self->skill);
    fill_text(event, MC_INDEX_agent_event_provider, self->provider);
    fill_text(event, MC_INDEX_agent_event_model_id, self->model_id);
    if (self->tier)
        mc_set(event, agent_event, tier, self->tier);
}
