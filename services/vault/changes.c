/*
 *  changes - one change of the store after the other
 */
#include "services/vault/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "services/vault/generation.h"
#include "services/vault/opening.h"
#include "services/vault/vault_store.h"

struct vault_changes {
    vault_t *vault;
    vault_change_t *first; /* under way when is_busy */
    vault_change_t **last;
    bool is_busy;
};

vault_changes_t *
vault_changes_new(vault_t *vault)
{
    vault_changes_t *self = calloc(1, sizeof *self);
    assert(self);
    self->vault = vault;
    self->last = &self->first;
    return self;
}

void
vault_changes_destroy(vault_changes_t **address)
{
    free(mc_take(address));
}

bool
vault_changes_is_busy(const vault_changes_t *self)
{
    return self->is_busy;
}

static void begin_next(vault_changes_t *self);

/* Takes it off the queue and tells it. */
static void
end(vault_change_t *change, const mc_refusal_t *refusal)
{
    vault_changes_t *self = change->vault->changes;
    self->first = change->after;
    if (!self->first)
        self->last = &self->first;
    self->is_busy = false;
    if (!refusal)
        VAULT_COUNT(change->vault, changes);
    vault_book_destroy(&change->next);
    vault_keyring_destroy(&change->ring);
    change->changed(change, refusal);
    begin_next(self);
}

/* The new book and the new keys are in force. */
static void
put_in_force(vault_change_t *change)
{
    vault_t *vault = change->vault;
    if (change->ring) {
        if (!change->is_first)
            vault_audit_set_ring(vault->audit, change->ring);
        vault_keyring_destroy(&vault->ring);
        vault->ring = mc_take(&change->ring);
    }
    vault_book_destroy(&vault->book);
    vault->book = mc_take(&change->next);
}

static void
on_stored(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    vault_change_t *change = arg;
    vault_t *vault = change->vault;
    mc_refusal_t other;
    if (refusal) {
        /* It may have happened all the same: the store is read again before anything else. */
        mc_log(&vault_log_change_failed, "action=%s reason=%s", change->act.action,
               refusal->message);
        vault_reload(vault);
        end(change, refusal);
        return;
    }
    if (mc_store_i64(result, 0, 0) != 1 || (vault_is_sealed(vault) && !change->is_first)) {
        mc_refusal_fill(&other, MC_CONFLICT_ERROR, "",
                        "the store of the vault was changed by somebody else");
        vault_reload(vault);
        end(change, &other);
        return;
    }
    put_in_force(change);
    if (vault->ring && vault_generation_write(vault->folder, vault->book, vault->ring) == -1)
        mc_log(&vault_log_change_failed, "while=generation reason=%s", mc_error());
    end(change, NULL);
}

static void
store_change(vault_change_t *change)
{
    vault_t *vault = change->vault;
    vault_store_change(vault->store, vault->book, change->next, on_stored, change);
}

static void
on_recorded(void *arg, bool is_written)
{
    vault_change_t *change = arg;
    mc_refusal_t refusal;
    if (is_written && !vault_is_sealed(change->vault)) {
        store_change(change);
        return;
    }
    vault_refuse_unwritable(change->vault, &refusal);
    end(change, &refusal);
}

static void
begin_next(vault_changes_t *self)
{
    vault_change_t *change = self->first;
    mc_refusal_t refusal;
    if (self->is_busy || !change)
        return;
    self->is_busy = true;
    if (vault_is_sealed(self->vault) != change->is_first) {
        vault_refuse_sealed(self->vault, &refusal);
        end(change, &refusal);
    } else if (change->draft(change, &refusal)) {
        end(change, &refusal);
    } else if (change->is_first) {
        store_change(change); /* there is no chain yet; the first record tells of it */
    } else {
        vault_record(self->vault, &change->act, on_recorded, change);
    }
}

void
vault_changes_add(vault_change_t *change)
{
    vault_changes_t *self = change->vault->changes;
    change->after = NULL;
    *self->last = change;
    self->last = &change->after;
    begin_next(self);
}
