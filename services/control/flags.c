/*
 *  flags - the flags in force, the file they come from, and who is told
 */
#include "services/control/flags.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/audit.h"
#include "common/env_file.h"
#include "common/error.h"
#include "services/control/ask.h"
#include "services/control/env_draft.h"
#include "services/control/flag_fields.h"

#define ENV_ACTOR ".env" /* who changed it is not known */
#define TARGET "runtime_flags"
#define CHANGED "runtime_flags_changed"

/* What tells one state of a file from another. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at;
} stamp_t;

struct control_flags {
    control_t *control;
    mc_runtime_flags_t now; /* in force; every flag present */
    stamp_t stamp;          /* of the file as it was read last */
    control_env_draft_t *draft;
    control_ask_t *changing; /* the change under way */
    control_ask_t *waiting;  /* the ones behind it, oldest first */
    size_t waiting_count;
};

/* A change under way. */
typedef struct {
    mc_runtime_flags_t asked;
    mc_runtime_flags_t next; /* in force once it is done */
    bool is_overridden;      /* the environment keeps a flag from changing */
} plan_t;

static bool
look_at_file(stamp_t *ret_stamp)
{
    struct stat status;
    if (stat(mc_settings_env_file(), &status) == -1)
        return false;
    *ret_stamp = (stamp_t){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
    return true;
}

static bool
is_same_stamp(const stamp_t *one, const stamp_t *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->changed_at.tv_sec == other->changed_at.tv_sec &&
           one->changed_at.tv_nsec == other->changed_at.tv_nsec;
}

control_flags_t *
control_flags_new(control_t *control)
{
    control_flags_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    mc_settings_flags(mc_service_settings(control->service), &self->now);
    (void)look_at_file(&self->stamp);
    return self;
}

void
control_flags_destroy(control_flags_t **address)
{
    control_flags_t *self = mc_take(address);
    if (!self)
        return;
    control_env_draft_destroy(&self->draft);
    free(self);
}

/* Puts flags in force and tells the others. */
static void
take_flags(control_flags_t *self, const mc_runtime_flags_t *flags)
{
    self->now = *flags;
    CONTROL_COUNT(self->control, flags_changed, 1);
    mc_bus_publish(self->control->bus, MC_MESSAGE_FLAGS_CHANGED, mc_list_one(&self->now));
}

/* The change as the audit log and the log have it. */
static mc_text_t
describe(const mc_runtime_flags_t *old, const mc_runtime_flags_t *asked, mc_arena_t *arena)
{
    mc_buffer_t json = {0};
    control_flags_write_change(old, asked, &json);
    mc_text_t text = mc_arena_text(arena, mc_buffer_content(&json));
    mc_buffer_clear(&json);
    return text;
}

/* Takes over what was edited by hand: 0, or -1 with the reason when the file cannot be read. A file
 * that is gone changes nothing: an editor may be about to put it back. */
static int
reload(control_flags_t *self)
{
    stamp_t stamp;
    if (!look_at_file(&stamp))
        return 0;
    MC_AUTO(mc_settings) settings = mc_settings_new();
    if (!settings)
        return -1;

    mc_runtime_flags_t flags;
    mc_settings_flags(settings, &flags);
    self->stamp = stamp;
    if (control_flags_equal(&flags, &self->now))
        return 0;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t change = describe(&self->now, &flags, arena);
    mc_log(&control_log_flags_edited, "change=%.*s", MC_FMT(change));
    mc_audit(self->control->store, MC_TEXT(ENV_ACTOR), MC_TEXT(CHANGED), MC_TEXT(TARGET), change);
    take_flags(self, &flags);
    return 0;
}

void
control_look_at_env(void *state)
{
    control_flags_t *self = ((control_t *)state)->flags;
    stamp_t stamp;
    if (self->changing || !look_at_file(&stamp) || is_same_stamp(&stamp, &self->stamp) ||
        reload(self) == 0)
        return;
    self->stamp = stamp; /* so it is said once for each state of the file */
    CONTROL_COUNT(self->control, flags_invalid, 1);
    mc_log(&control_log_flags_invalid, "reason=%s", mc_error());
}

/* What the new file is made of: the file, else the example beside it, else nothing. */
static int
load_text(mc_arena_t *arena, mc_text_t *ret_text)
{
    const char *path = mc_settings_env_file();
    char folder[PATH_MAX], example[PATH_MAX + 16];
    snprintf(folder, sizeof folder, "%s", path);
    snprintf(example, sizeof example, "%s/.env.example", dirname(folder));
    int result = mc_env_file_load(path, arena, ret_text);
    if (result == MC_ENV_FILE_MISSING)
        result = mc_env_file_load(example, arena, ret_text);
    if (result == MC_ENV_FILE_MISSING)
        *ret_text = (mc_text_t){0};
    return result == -1 ? -1 : 0;
}

/* Makes the draft that the change asks for. */
static int
make_draft(control_flags_t *self, const plan_t *plan, mc_arena_t *arena)
{
    control_env_value_t values[MC_FIELDS_runtime_flags];
    size_t count = control_flags_values(&plan->asked, values);
    mc_text_t old;
    mc_buffer_t text = {0};
    if (load_text(arena, &old) == -1)
        return -1;
    int result = control_env_rewrite(old, values, count, &text);
    if (result == 0) {
        self->draft = control_env_draft_new(mc_settings_env_file(), mc_buffer_content(&text));
        result = self->draft ? 0 : -1;
    }
    mc_buffer_clear(&text);
    return result;
}

static void begin_next(control_flags_t *self);

static void
answer_change(control_flags_t *self, control_ask_t *ask, bool is_overridden)
{
    mc_flags_change_t change = {0};
    mc_set(&change, flags_change, flags, mc_list_one(&self->now));
    mc_set(&change, flags_change, restart_required, is_overridden);
    self->changing = NULL;
    control_ask_answer(ask, &mc_flags_change_shape, mc_list_one(&change));
    begin_next(self);
}

/* The file stays as it is. */
static void
give_up(control_flags_t *self, const mc_refusal_t *refusal)
{
    control_ask_t *ask = mc_take(&self->changing);
    control_env_draft_destroy(&self->draft);
    control_ask_refuse(ask, refusal);
    begin_next(self);
}

static void
give_up_unwritten(control_flags_t *self, mc_error_code_t code)
{
    mc_refusal_t refusal;
    mc_log(&control_log_flags_unwritten, "reason=%s", mc_error());
    mc_refusal_fill(&refusal, (int)code, NULL, "the flags stay as they were: %s", mc_error());
    give_up(self, &refusal);
}

static void
on_audited(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_flags_t *self = arg;
    control_ask_t *ask = self->changing;
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
    (void)look_at_file(&self->stamp);
    mc_text_t change = describe(&self->now, &plan->asked, ask->arena);
    mc_text_t actor = control_ask_actor(ask, &mc_runtime_flags_shape);
    mc_log(plan->is_overridden ? &control_log_flags_overridden : &control_log_flags_changed,
           "by=%.*s change=%.*s", MC_FMT(actor), MC_FMT(change));
    take_flags(self, &plan->next);
    answer_change(self, ask, plan->is_overridden);
}

/* The file is read first, so that what was edited by hand a moment ago is not lost. */
static void
begin(control_flags_t *self, control_ask_t *ask)
{
    plan_t *plan = ask->plan;
    self->changing = ask;
    if (reload(self) == -1) {
        give_up_unwritten(self, MC_CONFLICT_ERROR);
        return;
    }
    plan->next = self->now;
    plan->is_overridden = control_flags_merge(&plan->next, &plan->asked) > 0;
    if (control_flags_equal(&plan->next, &self->now) && !plan->is_overridden) {
        answer_change(self, ask, false);
        return;
    }
    if (make_draft(self, plan, ask->arena) == -1) {
        give_up_unwritten(self, MC_INTERNAL_ERROR);
        return;
    }
    mc_audit_then(self->control->store, control_ask_actor(ask, &mc_runtime_flags_shape),
                  MC_TEXT(CHANGED), MC_TEXT(TARGET), describe(&self->now, &plan->asked, ask->arena),
                  on_audited, self);
}

static void
begin_next(control_flags_t *self)
{
    control_ask_t *ask = self->waiting;
    if (!ask || self->changing)
        return;
    self->waiting = ask->next;
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_flags_waiting,
                   (int64_t)--self->waiting_count);
    begin(self, ask);
}

static void
wait_in_line(control_flags_t *self, control_ask_t *ask)
{
    control_ask_t **link = &self->waiting;
    while (*link)
        link = &(*link)->next;
    *link = ask;
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_flags_waiting,
                   (int64_t)++self->waiting_count);
}

void
control_on_set_flags(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    control_flags_t *self = ask->control->flags;
    plan_t *plan = ask->plan = mc_arena_alloc(ask->arena, sizeof *plan);
    plan->asked = *(const mc_runtime_flags_t *)ask->input;
    control_flags_clamp(&plan->asked);
    if (!self->changing)
        begin(self, ask);
    else if (self->waiting_count < CONTROL_FLAGS_WAITING_MAX)
        wait_in_line(self, ask);
    else
        control_ask_refuse_with(ask, MC_TOO_BUSY_ERROR, NULL, "%d changes of flags wait already",
                                CONTROL_FLAGS_WAITING_MAX);
}

void
control_flags_close(control_flags_t *self)
{
    while (self->waiting) {
        control_ask_t *ask = self->waiting;
        self->waiting = ask->next;
        control_ask_refuse_with(ask, MC_SERVICE_MISSING_ERROR, NULL, "control is stopping");
    }
}

void
control_on_get_flags(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_t *self = state;
    (void)records;
    CONTROL_COUNT(self, commands, 1);
    mc_bus_answer(self->bus, request, &mc_runtime_flags_shape, mc_list_one(&self->flags->now));
}
