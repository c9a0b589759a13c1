/*
 *  vault - the state of the service, made and unmade in order
 */
#include "services/vault/vault.h"

#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/audit.h"
#include "common/clock.h"
#include "common/error.h"
#include "services/vault/admin.h"
#include "services/vault/changes.h"
#include "services/vault/confine.h"
#include "services/vault/confirmations.h"
#include "services/vault/files.h"
#include "services/vault/flags.h"
#include "services/vault/leases.h"
#include "services/vault/opening.h"
#include "services/vault/vault_store.h"

const mc_metric_row_t vault_metric_rows[] = {VAULT_METRICS(MC_METRIC_ROW)};

static void
make_parts(vault_t *self)
{
    /* A statement gives up before the caller of its command does. */
    static const mc_store_options_t options = {
        .connections = 1, .statement_timeout_ms = 4000, .application = "vault"};
    self->audit = vault_audit_new(self->service, self->folder);
    self->changes = vault_changes_new(self);
    self->leases = vault_leases_new();
    self->confirmations = vault_confirmations_new(self->settings);
    self->opening = vault_opening_new(self);
    self->store = mc_store_new(self->service, &options);
}

static int
begin(vault_t *self)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write, not our end */
    if (sodium_init() == -1)
        return mc_fail("libsodium cannot be used");
    self->folder = mc_settings_path(self->settings, "vault");
    if (vault_folder_make(self->folder) == -1)
        return -1;
    if (vault_folder_take(self->folder, &self->folder_lock) == -1)
        return -1;
    self->is_memory_locked = vault_confine_memory() || vault_locked_is_locked();
    if (!self->is_memory_locked)
        mc_log(&vault_log_memory_unlocked, "folder=%s", self->folder);
    make_parts(self);
    vault_set_reason(self, "the store was not read yet");
    self->admin = vault_admin_new(self);
    return self->admin ? vault_confine_calls() : -1;
}

void *
vault_start(mc_service_t *service)
{
    vault_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->settings = mc_service_settings(service);
    self->bus = mc_service_bus(service);
    self->metrics = mc_service_metrics(service);
    self->dev_mode = self->settings->dev_mode;
    self->folder_lock = -1;
    if (begin(self) == -1) {
        vault_stop(self);
        return NULL;
    }
    vault_flags_follow(self);
    return self;
}

/* Sealing comes first: what waits for the audit is written, and the keys are gone. */
void
vault_stop(void *state)
{
    vault_t *self = state;
    if (self->opening)
        vault_seal(self, "the vault was stopped");
    mc_store_destroy(&self->store); /* answers the changes under way, and so their callers */
    vault_admin_destroy(&self->admin);
    vault_opening_destroy(&self->opening);
    vault_changes_destroy(&self->changes);
    vault_confirmations_destroy(&self->confirmations);
    vault_leases_destroy(&self->leases);
    vault_audit_destroy(&self->audit);
    vault_book_destroy(&self->book);
    if (self->folder_lock != -1)
        close(self->folder_lock);
    free(self->folder);
    free(self);
}

/* Sealed is ready: it says so to whoever asks. */
const char *
vault_unready(void *state)
{
    const vault_t *self = state;
    if (self->is_unreadable)
        return NULL;
    if (self->is_standby)
        return self->reason;
    if (self->book)
        return vault_opening_is_busy(self->opening) ? "the vault is being opened" : NULL;
    const char *reason = mc_store_reason(self->store);
    return reason ? reason : "the store was not read yet";
}

void
vault_set_reason(vault_t *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(self->reason, sizeof self->reason, format, args);
    va_end(args);
}

void
vault_refuse_sealed(const vault_t *self, mc_refusal_t *refusal)
{
    VAULT_COUNT(self, refused);
    /* Who asked one that stands by has the keys of the other, and keeps them. */
    mc_refusal_fill(refusal, self->is_standby ? MC_SERVICE_MISSING_ERROR : MC_VAULT_SEALED_ERROR,
                    "", "the vault is sealed: %.200s", self->reason);
}

void
vault_refuse_unwritable(const vault_t *self, mc_refusal_t *refusal)
{
    const char *problem = vault_audit_problem(self->audit);
    VAULT_COUNT(self, refused);
    mc_refusal_fill(refusal, MC_AUDIT_UNWRITABLE_ERROR, "",
                    "it cannot be written to the audit chain, so it is not done: %.180s",
                    problem ? problem : "the vault was sealed");
}

void
vault_record(vault_t *self, const vault_act_t *act, vault_audit_done_fn *done, void *arg)
{
    vault_deed_t deed = {.at_us = mc_clock_us(),
                         .actor = act->actor,
                         .action = mc_text(act->action),
                         .target = act->target,
                         .outcome = mc_text(act->outcome),
                         .details = act->details};
    mc_buffer_t details = {0};
    mc_buffer_printf(&details, "outcome=%s%s%.*s", act->outcome, act->details.size ? " " : "",
                     MC_FMT(act->details));
    vault_audit_add(self->audit, &deed, done, arg);
    if (self->store)
        mc_audit(self->store, act->actor, deed.action, act->target, mc_buffer_content(&details));
    mc_buffer_clear(&details);
}

void
vault_describe(const vault_t *self, mc_vault_state_t *ret_state)
{
    const vault_book_t *book = self->book;
    *ret_state = (mc_vault_state_t){0};
    mc_set(ret_state, vault_state, is_initialised, book && book->generation > 0);
    mc_set(ret_state, vault_state, is_sealed, vault_is_sealed(self));
    if (vault_is_sealed(self))
        mc_set(ret_state, vault_state, reason, mc_text(self->reason));
    mc_set(ret_state, vault_state, generation, book ? book->generation : 0);
    mc_set(ret_state, vault_state, secret_count, book ? (int64_t)book->count : 0);
}

void
vault_publish_state(vault_t *self)
{
    mc_vault_state_t state;
    vault_describe(self, &state);
    mc_metrics_set(self->metrics, VAULT_METRIC_sealed, state.is_sealed);
    mc_metrics_set(self->metrics, VAULT_METRIC_secrets, state.secret_count);
    mc_metrics_set(self->metrics, VAULT_METRIC_generation, state.generation);
    mc_bus_publish(self->bus, MC_MESSAGE_VAULT_CHANGED, mc_list_one(&state));
}

void
vault_describe_secret(const vault_t *self, mc_text_t name, mc_secret_state_t *ret_state)
{
    const vault_row_t *row = self->book ? vault_book_find(self->book, name) : NULL;
    *ret_state = (mc_secret_state_t){0};
    mc_set(ret_state, secret_state, name, name);
    mc_set(ret_state, secret_state, version, row ? row->version : 0);
    mc_set(ret_state, secret_state, configured, row != NULL);
    if (row)
        mc_set(ret_state, secret_state, updated_at, row->updated_us);
}

void
vault_publish_secret(vault_t *self, mc_text_t name)
{
    mc_secret_state_t state;
    vault_describe_secret(self, name, &state);
    mc_bus_publish(self->bus, MC_MESSAGE_SECRETS_CHANGED, mc_list_one(&state));
}

void
vault_on_state(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *self = state;
    mc_vault_state_t answer;
    (void)records;
    vault_describe(self, &answer);
    mc_bus_answer(self->bus, request, &mc_vault_state_shape, mc_list_one(&answer));
}
