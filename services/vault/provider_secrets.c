/*
 *  provider_secrets - the commands on secrets: status, set, reveal
 *
 *  A provider's secret is stored under the provider's name, or the name that its
 *  row gives.
 */
#include <sodium.h>

#include "common/clock.h"
#include "services/vault/confirmations.h"
#include "services/vault/secrets.h"

#define NOBODY "unknown"

/* A command under way, in the arena of its request. */
typedef struct {
    vault_t *vault;
    mc_bus_request_t *request;
    mc_text_t name;
    mc_text_t actor;
} command_t;

static void
refuse(const command_t *self, const mc_refusal_t *refusal)
{
    VAULT_COUNT(self->vault, refused);
    mc_bus_refuse(self->vault->bus, self->request, refusal);
}

/* The same, written down too: somebody tried. */
static void
refuse_recorded(const command_t *self, const char *action, const mc_refusal_t *refusal)
{
    vault_act_t act = {.actor = self->actor,
                       .action = action,
                       .target = self->name,
                       .outcome = "refused",
                       .details = mc_text(mc_error_row((mc_error_code_t)refusal->code)->name)};
    vault_record(self->vault, &act, NULL, NULL);
    refuse(self, refusal);
}

static command_t *
begin(vault_t *vault, mc_bus_request_t *request, mc_list_t records)
{
    mc_refusal_t refusal;
    command_t *self = mc_arena_alloc(mc_bus_request_arena(request), sizeof *self);
    *self = (command_t){.vault = vault, .request = request, .actor = MC_TEXT(NOBODY)};
    if (records.count == 1)
        return self;
    mc_refusal_fill(&refusal, MC_BAD_INPUT_ERROR, "input", "a command has one input, not %zu",
                    records.count);
    refuse(self, &refusal);
    return NULL;
}

void
vault_on_secret_status(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *vault = state;
    command_t *self = begin(vault, request, records);
    const mc_provider_query_t *input = records.items;
    mc_secret_status_t answer = {0};
    mc_refusal_t refusal;
    if (!self)
        return;
    if (!vault->book) {
        vault_refuse_sealed(vault, &refusal);
        mc_bus_refuse(vault->bus, request, &refusal);
        return;
    }
    bool is_configured = vault_book_find(vault->book, input->provider) != NULL;
    mc_set(&answer, secret_status, provider, input->provider);
    mc_set(&answer, secret_status, configured, is_configured);
    mc_set(&answer, secret_status, backend, MC_TEXT(VAULT_BACKEND));
    mc_set(&answer, secret_status, developer_mode, vault->dev_mode);
    mc_bus_answer(vault->bus, request, &mc_secret_status_shape, mc_list_one(&answer));
}

/* What comes before every look at a value and every change: 0 or MC_REFUSED. */
static int
check_open(const command_t *self, mc_refusal_t *refusal)
{
    if (mc_bus_is_in_the_clear(self->vault->bus))
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "the bus goes over tcp without keys: no secret is sent on it");
    if (!vault_is_sealed(self->vault))
        return 0;
    vault_refuse_sealed(self->vault, refusal);
    return MC_REFUSED;
}

/* Developer Mode and a token for this, which is used up. */
static int
check_confirmed(const command_t *self, const char *operation, mc_text_t session, mc_text_t token,
                mc_refusal_t *refusal)
{
    vault_t *vault = self->vault;
    const vault_row_t *row = vault_book_find(vault->book, self->name);
    if (!vault->dev_mode)
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "Developer Mode is off: secrets are neither revealed nor overwritten");
    vault_bound_t bound = {.name = self->name,
                           .operation = mc_text(operation),
                           .session = session,
                           .operator= self->actor,
                           .version = row ? row->version : 0};
    return vault_confirmations_take(vault->confirmations, token, &bound, mc_clock_us(), refusal);
}

static void
on_set(void *arg, const mc_refusal_t *refusal)
{
    command_t *self = arg;
    mc_secret_changed_t answer = {0};
    if (refusal) {
        mc_bus_refuse(self->vault->bus, self->request, refusal);
        return;
    }
    mc_set(&answer, secret_changed, provider, self->name);
    mc_set(&answer, secret_changed, configured, true);
    mc_set(&answer, secret_changed, confirmation_required, false);
    mc_bus_answer(self->vault->bus, self->request, &mc_secret_changed_shape, mc_list_one(&answer));
}

static int
check_set(const command_t *self, const mc_secret_change_t *input, bool is_there,
          mc_refusal_t *refusal)
{
    if (!mc_has(input, secret_change, secret) || !input->secret.size)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "secret", "secret must be given");
    if (check_open(self, refusal))
        return MC_REFUSED;
    return is_there
               ? check_confirmed(self, "overwrite", input->session, input->session_token, refusal)
               : 0;
}

void
vault_on_set_secret(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *vault = state;
    command_t *self = begin(vault, request, records);
    const mc_secret_change_t *input = records.items;
    mc_refusal_t refusal;
    if (!self)
        return;
    self->name = input->provider;
    if (mc_has(input, secret_change, requested_by))
        self->actor = input->requested_by;
    bool is_there = vault->book && vault_book_find(vault->book, input->provider);
    if (check_set(self, input, is_there, &refusal)) {
        refuse_recorded(self, "secret_set", &refusal);
        return;
    }
    vault_wish_t wish = {.name = input->provider,
                         .value = input->secret,
                         .actor = self->actor,
                         .must_be_new = !is_there};
    vault_wish(vault, &wish, on_set, self);
}

static void
show(const command_t *self)
{
    vault_t *vault = self->vault;
    size_t size = 0;
    mc_refusal_t refusal;
    const vault_row_t *row = vault_book_find(vault->book, self->name);
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    mc_secret_revealed_t answer = {0};
    if (!row || vault_row_open(row, vault->book->header.vault_id, vault->ring, value, &size)) {
        mc_refusal_fill(&refusal, MC_INTERNAL_ERROR, "", "the secret cannot be opened");
        refuse(self, &refusal);
    } else {
        VAULT_COUNT(vault, reveals);
        mc_set(&answer, secret_revealed, provider, self->name);
        mc_set(&answer, secret_revealed, secret, ((mc_text_t){value, size}));
        mc_bus_answer(vault->bus, self->request, &mc_secret_revealed_shape, mc_list_one(&answer));
    }
    vault_locked_free(value);
}

static void
on_reveal_recorded(void *arg, bool is_written)
{
    command_t *self = arg;
    mc_refusal_t refusal;
    if (is_written && !vault_is_sealed(self->vault)) {
        show(self);
        return;
    }
    vault_refuse_unwritable(self->vault, &refusal);
    mc_bus_refuse(self->vault->bus, self->request, &refusal);
}

static int
check_reveal(const command_t *self, const mc_secret_reveal_t *input, mc_refusal_t *refusal)
{
    if (check_open(self, refusal))
        return MC_REFUSED;
    if (!vault_book_find(self->vault->book, self->name))
        return mc_refuse(refusal, MC_NOT_FOUND_ERROR, "provider", "the vault has no secret %.*s",
                         MC_FMT(self->name));
    return check_confirmed(self, "reveal", input->session, input->session_token, refusal);
}

void
vault_on_reveal_secret(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *vault = state;
    command_t *self = begin(vault, request, records);
    const mc_secret_reveal_t *input = records.items;
    mc_refusal_t refusal;
    if (!self)
        return;
    self->name = input->provider;
    if (mc_has(input, secret_reveal, requested_by))
        self->actor = input->requested_by;
    if (check_reveal(self, input, &refusal)) {
        refuse_recorded(self, "secret_reveal", &refusal);
        return;
    }
    vault_act_t act = {.actor = self->actor,
                       .action = "secret_reveal",
                       .target = self->name,
                       .outcome = "allowed"};
    vault_record(vault, &act, on_reveal_recorded, self);
}
