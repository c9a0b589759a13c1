/*
 *  import - a snapshot in the place of the store
 *
 *  Only while the vault is sealed, and only where there is none yet or the
 *  snapshot is of the same vault. Whether it is whole, and new enough, is found
 *  when it is unsealed: that takes the keys.
 */
#include <sodium.h>
#include <stdlib.h>

#include "common/error.h"
#include "services/vault/admin.h"
#include "services/vault/opening.h"
#include "services/vault/vault_store.h"

typedef struct {
    vault_call_t *call;
    vault_book_t *next;
} import_t;

static void
refuse(vault_call_t *call, const char *reason)
{
    mc_refusal_t refusal;
    mc_refusal_fill(&refusal, MC_CONFLICT_ERROR, "", "%.250s", reason);
    vault_call_refuse(call, &refusal);
}

static void
on_stored(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    import_t *self = arg;
    vault_t *vault = vault_call_vault(self->call);
    vault_book_t *next = mc_take(&self->next);
    vault_call_t *call = self->call;
    free(self);
    if (refusal) {
        vault_book_destroy(&next);
        vault_call_refuse(call, refusal);
        return;
    }
    if (mc_store_i64(result, 0, 0) != 1) {
        vault_book_destroy(&next);
        vault_reload(vault);
        refuse(call, "the store changed meanwhile; try again");
        return;
    }
    vault_act_t act = {.actor = vault_call_actor(call),
                       .action = "vault_import",
                       .target = MC_TEXT("vault"),
                       .outcome = "done"};
    vault_record(vault, &act, NULL, NULL);
    vault_book_destroy(&vault->book);
    vault->book = next;
    vault_set_reason(vault, "a snapshot was imported: missionctl vault unseal opens it");
    vault_publish_state(vault);
    vault_verb_find(MC_TEXT("status"))(call, NULL);
}

static vault_book_t *
read_snapshot(mc_text_t text)
{
    size_t room = text.size / 4 * 3 + 3;
    size_t size = 0;
    uint8_t *bytes = malloc(room);
    assert(bytes);
    vault_book_t *book = NULL;
    if (sodium_base642bin(bytes, room, text.data, text.size, " \n", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL))
        (void)mc_fail("this is no snapshot of a vault");
    else
        book = vault_book_read(vault_bytes(bytes, size));
    free(bytes);
    return book;
}

static bool
is_ours(const vault_t *vault, const vault_book_t *next)
{
    return vault->book->generation == 0 ||
           !memcmp(vault->book->header.vault_id, next->header.vault_id, VAULT_ID_BYTES);
}

void
vault_verb_import(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_t *vault = vault_call_vault(call);
    if (!vault->book || vault->is_standby || !vault_is_sealed(vault) ||
        vault_opening_is_busy(vault->opening)) {
        refuse(call, "a snapshot is imported while the vault is sealed: missionctl vault seal");
        return;
    }
    vault_book_t *next = read_snapshot(order->snapshot);
    if (!next || !is_ours(vault, next)) {
        refuse(call, next ? "the snapshot is of another vault than the store" : mc_error());
        vault_book_destroy(&next);
        return;
    }
    import_t *self = calloc(1, sizeof *self);
    assert(self);
    *self = (import_t){.call = call, .next = next};
    vault_store_change(vault->store, vault->book, next, on_stored, self);
}
