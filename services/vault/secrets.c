/*
 *  secrets - changing the secrets of the store
 */
#include "services/vault/secrets.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"

#define MARK_BYTES 6 /* of a value's fingerprint, shown in the audit */

typedef struct {
    vault_change_t change;
    char name[VAULT_NAME_BYTES_MAX + 1];
    char actor[256];
    char details[128];
    vault_locked_t value; /* empty: it is taken away */
    bool must_be_new;
    vault_wished_fn *wished;
    void *arg;
} wish_t;

/* The same value has the same mark as long as the keyring stays. */
static void
write_mark(const wish_t *self, char ret_hex[2 * MARK_BYTES + 1])
{
    uint8_t mac[VAULT_HASH_BYTES];
    const vault_key_t *key = vault_keyring_newest(self->change.vault->ring, VAULT_MARKS_VALUES);
    vault_mac(key->key, mc_text(self->name), vault_locked_text(&self->value), mac);
    sodium_bin2hex(ret_hex, (size_t)2 * MARK_BYTES + 1, mac, MARK_BYTES);
}

static int
draft_value(wish_t *self, const vault_row_t *old, mc_refusal_t *refusal)
{
    vault_t *vault = self->change.vault;
    vault_book_t *next = self->change.next;
    vault_row_t row;
    char mark[2 * MARK_BYTES + 1];
    vault_row_label_t label = {.name = mc_text(self->name),
                               .version = old ? old->version + 1 : 1,
                               .now_us = mc_clock_us(),
                               .vault_id = next->header.vault_id};
    if (vault_row_close(&row, &label, vault->ring, vault_locked_text(&self->value)) == -1)
        return mc_refuse(refusal, MC_INTERNAL_ERROR, "", "%.200s", mc_error());
    if (vault_book_put(next, &row) == -1) {
        vault_row_clear(&row);
        return mc_refuse(refusal, MC_CONFLICT_ERROR, "", "%.200s", mc_error());
    }
    write_mark(self, mark);
    snprintf(self->details, sizeof self->details, "version=%" PRId64 " mark=%s", label.version,
             mark);
    return 0;
}

static int
draft(vault_change_t *change, mc_refusal_t *refusal)
{
    wish_t *self = change->arg;
    vault_t *vault = change->vault;
    const vault_row_t *old = vault_book_find(vault->book, mc_text(self->name));
    if (old && self->must_be_new)
        return mc_refuse(refusal, MC_CONFLICT_ERROR, "", "there is a secret %s already",
                         self->name);
    if (!old && !self->value.data)
        return mc_refuse(refusal, MC_NOT_FOUND_ERROR, "", "the vault has no secret %s", self->name);
    change->next = vault_book_copy(vault->book);
    if (!self->value.data)
        (void)vault_book_remove(change->next, mc_text(self->name));
    else if (draft_value(self, old, refusal))
        return MC_REFUSED;
    vault_book_seal(change->next, vault->ring);
    change->act.details = mc_text(self->details);
    return 0;
}

static void
on_changed(vault_change_t *change, const mc_refusal_t *refusal)
{
    wish_t *self = change->arg;
    vault_t *vault = change->vault;
    if (refusal) {
        VAULT_COUNT(vault, refused);
    } else {
        vault_publish_secret(vault, mc_text(self->name));
        mc_metrics_set(vault->metrics, VAULT_METRIC_secrets, (int64_t)vault->book->count);
        mc_metrics_set(vault->metrics, VAULT_METRIC_generation, vault->book->generation);
    }
    self->wished(self->arg, refusal);
    vault_locked_clear(&self->value);
    free(self);
}

static int
check_wish(const vault_wish_t *wish, mc_refusal_t *refusal)
{
    if (!vault_name_is_fine(wish->name))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "provider",
                         "a name of a secret has 1 to %d of A-Z a-z 0-9 . _ - and begins with a "
                         "letter or digit",
                         VAULT_NAME_BYTES_MAX);
    if (wish->value.size > VAULT_SECRET_BYTES_MAX)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "secret", "a secret has at most %d bytes",
                         VAULT_SECRET_BYTES_MAX);
    return 0;
}

void
vault_wish(vault_t *vault, const vault_wish_t *wish, vault_wished_fn *wished, void *arg)
{
    mc_refusal_t refusal;
    if (check_wish(wish, &refusal)) {
        wished(arg, &refusal);
        return;
    }
    wish_t *self = calloc(1, sizeof *self);
    assert(self);
    snprintf(self->name, sizeof self->name, "%.*s", MC_FMT(wish->name));
    snprintf(self->actor, sizeof self->actor, "%.*s", MC_FMT(wish->actor));
    if (wish->value.size)
        self->value = vault_locked_copy(wish->value);
    self->must_be_new = wish->must_be_new;
    self->wished = wished;
    self->arg = arg;
    self->change =
        (vault_change_t){.vault = vault,
                         .draft = draft,
                         .changed = on_changed,
                         .arg = self,
                         .act = {.actor = mc_text(self->actor),
                                 .action = wish->value.size ? "secret_set" : "secret_remove",
                                 .target = mc_text(self->name),
                                 .outcome = "allowed"}};
    vault_changes_add(&self->change);
}
