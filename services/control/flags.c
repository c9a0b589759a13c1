/*
 *  flags - the flags in force, and the file they come from
 */
#include "services/control/flags.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/audit.h"
#include "common/error.h"
#include "services/control/flag_fields.h"
#include "services/control/flags_change.h"

#define ENV_ACTOR ".env" /* who changed it by hand is not known */

/* What tells one state of a file from another. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at;
} stamp_t;

struct control_flags {
    control_t *control;
    mc_runtime_flags_t now;
    stamp_t stamp; /* of the file as it was read last */
};

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
    free(mc_take(address));
}

const mc_runtime_flags_t *
control_flags_now(const control_flags_t *self)
{
    return &self->now;
}

static void
put_in_force(control_flags_t *self, const mc_runtime_flags_t *flags)
{
    self->now = *flags;
    CONTROL_COUNT(self->control, flags_changed, 1);
    mc_bus_publish(self->control->bus, MC_MESSAGE_FLAGS_CHANGED, mc_list_one(&self->now));
}

void
control_flags_take(control_flags_t *self, const mc_runtime_flags_t *flags)
{
    (void)look_at_file(&self->stamp);
    put_in_force(self, flags);
}

mc_text_t
control_flags_describe(const control_flags_t *self, const mc_runtime_flags_t *asked,
                       mc_arena_t *arena)
{
    mc_buffer_t json = {0};
    control_flags_write_change(&self->now, asked, &json);
    mc_text_t text = mc_arena_text(arena, mc_buffer_content(&json));
    mc_buffer_clear(&json);
    return text;
}

static void
take_edit(control_flags_t *self, const mc_runtime_flags_t *flags)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t change = control_flags_describe(self, flags, arena);
    mc_log(&control_log_flags_edited, "change=%.*s", MC_FMT(change));
    mc_audit(self->control->store, MC_TEXT(ENV_ACTOR), MC_TEXT(CONTROL_FLAGS_DEED),
             MC_TEXT(CONTROL_FLAGS_TARGET), change);
    put_in_force(self, flags);
}

/* A file that is gone changes nothing: an editor may be about to put it back. */
int
control_flags_reload(control_flags_t *self)
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
    if (!control_flags_equal(&flags, &self->now))
        take_edit(self, &flags);
    return 0;
}

void
control_look_at_env(void *state)
{
    control_t *control = state;
    control_flags_t *self = control->flags;
    stamp_t stamp;
    if (control_changes_is_busy(control->changes) || !look_at_file(&stamp) ||
        is_same_stamp(&stamp, &self->stamp) || control_flags_reload(self) == 0)
        return;
    self->stamp = stamp; /* so it is said once for each state of the file */
    CONTROL_COUNT(control, flags_invalid, 1);
    mc_log(&control_log_flags_invalid, "reason=%s", mc_error());
}

void
control_on_get_flags(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_t *self = state;
    (void)records;
    CONTROL_COUNT(self, commands, 1);
    mc_bus_answer(self->bus, request, &mc_runtime_flags_shape, mc_list_one(&self->flags->now));
}
