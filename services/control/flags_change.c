/*
 *  flags_change - changes of the flags by command, one after the other
 */
#include "services/control/flags_change.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>

#include "common/audit.h"
#include "common/env_file.h"
#include "common/error.h"
#include "services/control/control.h"
#include "services/control/env_draft.h"
#include "services/control/flag_fields.h"
#include "services/control/flags.h"

/* What a change is to do. */
typedef struct {
    mc_runtime_flags_t asked;
    mc_runtime_flags_t next; /* in force once it is done */
    bool is_overridden;      /* the environment keeps a flag from changing */
} plan_t;

struct control_changes {
    control_t *control;
    mc_ask_t *changing; /* the change under way */
    control_env_draft_t *draft;
    mc_ask_t *waiting; /* the ones behind it, oldest first */
    size_t waiting_count;
};

control_changes_t *
control_changes_new(control_t *control)
{
    control_changes_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    return self;
}

void
control_changes_destroy(control_changes_t **address)
{
    control_changes_t *self = mc_take(address);
    if (!self)
        return;
    control_env_draft_destroy(&self->draft);
    free(self);
}

bool
control_changes_is_busy(const control_changes_t *self)
{
    return self->changing != NULL;
}

/* What the new file is made of: the file, else the example beside it, else nothing. */
static int
load_text(mc_arena_t *arena, bool *ret_is_new, mc_text_t *ret_text)
{
    const char *path = mc_settings_env_file();
    char folder[PATH_MAX], example[PATH_MAX + 16];
    snprintf(folder, sizeof folder, "%s", path);
    snprintf(example, sizeof example, "%s/.env.example", dirname(folder));
    int result = mc_env_file_load(path, arena, ret_text);
    *ret_is_new = result == MC_ENV_FILE_MISSING;
    if (*ret_is_new)
        result = mc_env_file_load(example, arena, ret_text);
    if (result == MC_ENV_FILE_MISSING)
        *ret_text = (mc_text_t){0};
    return result == -1 ? -1 : 0;
}

/* Makes the draft that the change asks for. A new file gets every flag as it is to be: the example
 * may have others. */
static int
make_draft(control_changes_t *self, const plan_t *plan, mc_arena_t *arena)
{
    control_env_value_t values[MC_FIELDS_runtime_flags];
    mc_runtime_flags_t written = *control_flags_now(self->control->flags);
    mc_text_t old;
    bool is_new;
    mc_buffer_t text = {0};
    if (load_text(arena, &is_new, &old) == -1)
        return -1;
    control_flags_overlay(&written, &plan->asked);
    size_t count = control_flags_values(is_new ? &written : &plan->asked, values);
    int result = control_env_rewrite(old, values, count, &text);
    if (result == 0) {
        self->draft = control_env_draft_new(mc_settings_env_file(), mc_buffer_content(&text));
        result = self->draft ? 0 : -1;
    }
    mc_buffer_clear(&text);
    return result;
}

static void begin_next(control_changes_t *self);

static void
answer_change(control_changes_t *self, mc_ask_t *ask, bool is_overridden)
{
    mc_flags_change_t change = {0};
    mc_set(&change, flags_change, flags, mc_list_one(control_flags_now(self->control->flags)));
    mc_set(&change, flags_change, restart_required, is_overridden);
    self->changing = NULL;
    mc_ask_answer(ask, &mc_flags_change_shape, mc_list_one(&change));
    begin_next(self);
}

/* The file stays as it is. */
static void
give_up(control_changes_t *self, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = mc_take(&self->changing);
    control_env_draft_destroy(&self->draft);
    mc_ask_refuse(ask, refusal);
    begin_next(self);
}

static void
give_up_unwritten(control_changes_t *self, mc_error_code_t code)
{
    mc_refusal_t refusal;
    mc_log(&control_log_flags_unwritten, "reason=%s", mc_error());
    mc_refusal_fill(&refusal, (int)code, NULL, "the flags stay as they were: %s", mc_error());
    give_up(self, &refusal);
}

static void
on_audited(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_changes_t *self = arg;
    mc_ask_t *ask = self->changing;
    const plan_t *plan = ask->plan;
    (void)result;
    if (refusal) {
        give_up(self, refusal);
        return;
    }
    if (control_env_draft_commit(self->draft) == -1) {
        give_up_unwritten(self, MC_INTERNAL_ERROR);
        return;
    }
    control_env_draft_destroy(&self->draft);
    mc_text_t change = control_flags_describe(self->control->flags, &plan->asked, ask->arena);
    mc_text_t actor = mc_ask_actor(ask, &mc_runtime_flags_shape);
    mc_log(plan->is_overridden ? &control_log_flags_overridden : &control_log_flags_changed,
           "by=%.*s change=%.*s", MC_FMT(actor), MC_FMT(change));
    control_flags_take(self->control->flags, &plan->next);
    answer_change(self, ask, plan->is_overridden);
}

/* The file is read first, so that what was edited by hand a moment ago is not lost. */
static void
begin(control_changes_t *self, mc_ask_t *ask)
{
    const mc_runtime_flags_t *now = control_flags_now(self->control->flags);
    plan_t *plan = ask->plan;
    self->changing = ask;
    if (control_flags_reload(self->control->flags) == -1) {
        give_up_unwritten(self, MC_CONFLICT_ERROR);
        return;
    }
    plan->next = *now;
    plan->is_overridden = control_flags_merge(&plan->next, &plan->asked) > 0;
    if (control_flags_equal(&plan->next, now) && !plan->is_overridden) {
        answer_change(self, ask, false);
        return;
    }
    if (make_draft(self, plan, ask->arena) == -1) {
        give_up_unwritten(self, MC_INTERNAL_ERROR);
        return;
    }
    mc_audit_then(self->control->store, mc_ask_actor(ask, &mc_runtime_flags_shape),
                  MC_TEXT(CONTROL_FLAGS_DEED), MC_TEXT(CONTROL_FLAGS_TARGET),
                  control_flags_describe(self->control->flags, &plan->asked, ask->arena),
                  on_audited, self);
}

static void
begin_next(control_changes_t *self)
{
    mc_ask_t *ask = self->waiting;
    if (!ask || self->changing)
        return;
    self->waiting = ask->next;
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_flags_waiting,
                   (int64_t)--self->waiting_count);
    begin(self, ask);
}

static void
wait_in_line(control_changes_t *self, mc_ask_t *ask)
{
    mc_ask_t **link = &self->waiting;
    while (*link)
        link = &(*link)->next;
    *link = ask;
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_flags_waiting,
                   (int64_t)++self->waiting_count);
}

void
control_on_set_flags(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    control_changes_t *self = control_of(ask)->changes;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    plan->asked = *(const mc_runtime_flags_t *)ask->input;
    control_flags_clamp(&plan->asked);
    if (!self->changing)
        begin(self, ask);
    else if (self->waiting_count < CONTROL_CHANGES_WAITING_MAX)
        wait_in_line(self, ask);
    else
        mc_ask_refuse_with(ask, MC_TOO_BUSY_ERROR, NULL, "%d changes of flags wait already",
                           CONTROL_CHANGES_WAITING_MAX);
}

void
control_changes_close(control_changes_t *self)
{
    while (self->waiting) {
        mc_ask_t *ask = self->waiting;
        self->waiting = ask->next;
        mc_ask_refuse_with(ask, MC_SERVICE_MISSING_ERROR, NULL, "control is stopping");
    }
}
