/*
 *  verbs - what the command line may ask of the vault
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "services/vault/admin.h"
#include "services/vault/changes.h"
#include "services/vault/opening.h"
#include "services/vault/secrets.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* Of every report: how the vault is. */
static void
describe(const vault_t *vault, mc_vault_report_t *ret_report)
{
    const vault_book_t *book = vault->book;
    const char *problem = vault_audit_problem(vault->audit);
    bool is_made = book && book->generation > 0;
    *ret_report = (mc_vault_report_t){0};
    mc_set(ret_report, vault_report, is_initialised, is_made);
    mc_set(ret_report, vault_report, is_sealed, vault_is_sealed(vault));
    mc_set(ret_report, vault_report, generation, book ? book->generation : 0);
    mc_set(ret_report, vault_report, secret_count, book ? (int64_t)book->count : 0);
    mc_set(ret_report, vault_report, is_memory_locked, vault->is_memory_locked);
    if (vault_is_sealed(vault))
        mc_set(ret_report, vault_report, reason, mc_text(vault->reason));
    if (is_made)
        mc_set(ret_report, vault_report, opened_by, mc_text(vault_kek_words(book->header.methods)));
    if (is_made)
        mc_set(ret_report, vault_report, keyring, (int64_t)book->header.keyring_version);
    if (!vault_is_sealed(vault))
        mc_set(ret_report, vault_report, audit_records, vault_audit_sequence(vault->audit));
    if (problem)
        mc_set(ret_report, vault_report, audit_problem, mc_text(problem));
}

static void
report(vault_call_t *call, const char *note, const char *recovery)
{
    mc_vault_report_t answer;
    describe(vault_call_vault(call), &answer);
    if (note)
        mc_set(&answer, vault_report, note, mc_text(note));
    if (recovery)
        mc_set(&answer, vault_report, recovery_key, mc_text(recovery));
    vault_call_report(call, &answer);
}

static void
refuse(vault_call_t *call, mc_error_code_t code, const char *reason)
{
    mc_refusal_t refusal;
    mc_refusal_fill(&refusal, (int)code, "", "%.250s", reason);
    vault_call_refuse(call, &refusal);
}

static void
on_opened(void *arg, const mc_refusal_t *refusal, const char *recovery)
{
    if (refusal)
        vault_call_refuse(arg, refusal);
    else
        report(arg, NULL, recovery);
}

static void
on_wished(void *arg, const mc_refusal_t *refusal)
{
    if (refusal)
        vault_call_refuse(arg, refusal);
    else
        report(arg, NULL, NULL);
}

static void
do_status(vault_call_t *call, const mc_vault_order_t *order)
{
    (void)order;
    report(call, NULL, NULL);
}

static vault_credentials_t
given_in(const mc_vault_order_t *order)
{
    return (vault_credentials_t){.passphrase = order->passphrase,
                                 .key_file = order->key_file,
                                 .recovery_key = order->recovery_key};
}

static vault_credentials_t
next_in(const mc_vault_order_t *order)
{
    return (vault_credentials_t){.passphrase = order->next_passphrase,
                                 .key_file = order->next_key_file};
}

static void
do_init(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_credentials_t next = next_in(order);
    vault_make(vault_call_vault(call), &next, vault_call_actor(call), on_opened, call);
}

static void
do_unseal(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_credentials_t given = given_in(order);
    int64_t accept = mc_has(order, vault_order, accept_generation) ? order->accept_generation : 0;
    vault_unseal(vault_call_vault(call), &given, accept, vault_call_actor(call), on_opened, call);
}

static void
do_rekey(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_credentials_t given = given_in(order);
    vault_credentials_t next = next_in(order);
    vault_rekey(vault_call_vault(call), &given, &next, vault_call_actor(call), on_opened, call);
}

static void
do_seal(vault_call_t *call, const mc_vault_order_t *order)
{
    char reason[128];
    mc_text_t actor = vault_call_actor(call);
    (void)order;
    snprintf(reason, sizeof reason, "%.*s sealed it: missionctl vault unseal opens it",
             MC_FMT(actor));
    vault_seal(vault_call_vault(call), reason);
    report(call, NULL, NULL);
}

static int
draft_rotation(vault_change_t *change, mc_refusal_t *refusal)
{
    vault_t *vault = change->vault;
    change->next = vault_book_copy(vault->book);
    change->ring = vault_keyring_new();
    *change->ring = *vault->ring;
    if (vault_book_rotate(change->next, change->ring) == -1)
        return mc_refuse(refusal, MC_INTERNAL_ERROR, "", "%.200s", mc_error());
    vault_book_seal(change->next, change->ring);
    return 0;
}

static void
on_rotated(vault_change_t *change, const mc_refusal_t *refusal)
{
    vault_call_t *call = change->arg;
    vault_t *vault = change->vault;
    free(change);
    if (refusal) {
        vault_call_refuse(call, refusal);
        return;
    }
    vault_publish_state(vault);
    report(call, "all secrets are under new keys", NULL);
}

static void
do_rotate(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_change_t *change = calloc(1, sizeof *change);
    assert(change);
    (void)order;
    *change = (vault_change_t){.vault = vault_call_vault(call),
                               .draft = draft_rotation,
                               .changed = on_rotated,
                               .arg = call,
                               .act = {.actor = vault_call_actor(call),
                                       .action = "vault_rotate",
                                       .target = MC_TEXT("vault"),
                                       .outcome = "allowed"}};
    vault_changes_add(change);
}

/* Rows and seal are checked as at every opening, the chain from its first record. */
static void
do_verify(vault_call_t *call, const mc_vault_order_t *order)
{
    const vault_t *vault = vault_call_vault(call);
    mc_refusal_t refusal;
    (void)order;
    if (vault_is_sealed(vault)) {
        vault_refuse_sealed(vault, &refusal);
        vault_call_refuse(call, &refusal);
    } else if (vault_book_check(vault->book, vault->ring)) {
        refuse(call, MC_CONFLICT_ERROR, "the store was changed by somebody else");
    } else if (vault_book_open_all(vault->book, vault->ring) == -1 ||
               vault_audit_verify(vault->audit) == -1) {
        refuse(call, MC_CONFLICT_ERROR, mc_error());
    } else {
        report(call, "every secret opens, store and audit chain are whole", NULL);
    }
}

static void
do_audit_verify(vault_call_t *call, const mc_vault_order_t *order)
{
    (void)order;
    if (vault_audit_verify(vault_call_vault(call)->audit) == -1)
        refuse(call, MC_CONFLICT_ERROR, mc_error());
    else
        report(call, "the audit chain is whole", NULL);
}

static void
do_audit_restart(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_t *vault = vault_call_vault(call);
    (void)order;
    if (vault_audit_restart(vault->audit) == -1) {
        refuse(call, MC_INTERNAL_ERROR, mc_error());
        return;
    }
    vault_act_t act = {.actor = vault_call_actor(call),
                       .action = "audit_restart",
                       .target = MC_TEXT("vault"),
                       .outcome = "done"};
    vault_record(vault, &act, NULL, NULL);
    report(call, "a new audit log goes on from the last record that is proven", NULL);
}

static void
do_list(vault_call_t *call, const mc_vault_order_t *order)
{
    const vault_t *vault = vault_call_vault(call);
    const vault_book_t *book = vault->book;
    size_t count = book ? book->count : 0;
    mc_vault_report_t answer;
    (void)order;
    mc_secret_state_t *states = calloc(count + 1, sizeof *states);
    assert(states);
    for (size_t i = 0; i < count; i++)
        vault_describe_secret(vault, mc_text(book->rows[i].name), &states[i]);
    describe(vault, &answer);
    mc_set(&answer, vault_report, secrets, ((mc_list_t){states, count}));
    vault_call_report(call, &answer);
    free(states);
}

static void
do_add(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_wish_t wish = {.name = order->name,
                         .value = order->secret,
                         .actor = vault_call_actor(call),
                         .must_be_new = true};
    if (!order->secret.size)
        refuse(call, MC_BAD_INPUT_ERROR, "the secret is empty");
    else
        vault_wish(vault_call_vault(call), &wish, on_wished, call);
}

static void
do_remove(vault_call_t *call, const mc_vault_order_t *order)
{
    vault_wish_t wish = {.name = order->name, .actor = vault_call_actor(call)};
    vault_wish(vault_call_vault(call), &wish, on_wished, call);
}

static void
do_export(vault_call_t *call, const mc_vault_order_t *order)
{
    const vault_t *vault = vault_call_vault(call);
    mc_buffer_t bytes = {.max = VAULT_SNAPSHOT_BYTES_MAX};
    mc_vault_report_t answer;
    (void)order;
    if (!vault->book || !vault->book->generation) {
        refuse(call, MC_CONFLICT_ERROR, "there is no vault yet");
        return;
    }
    vault_book_write(vault->book, &bytes);
    size_t room = sodium_base64_ENCODED_LEN(bytes.size, BASE64);
    char *text = malloc(room);
    assert(text);
    sodium_bin2base64(text, room, (const uint8_t *)bytes.data, bytes.size, BASE64);
    describe(vault, &answer);
    mc_set(&answer, vault_report, snapshot, mc_text(text));
    vault_call_report(call, &answer);
    free(text);
    mc_buffer_clear(&bytes);
}

static const struct {
    const char *name;
    vault_verb_fn *call;
} verbs[] = {
    {"status", do_status},
    {"init", do_init},
    {"unseal", do_unseal},
    {"seal", do_seal},
    {"rekey", do_rekey},
    {"rotate", do_rotate},
    {"verify", do_verify},
    {"export", do_export},
    {"import", vault_verb_import},
    {"audit verify", do_audit_verify},
    {"audit restart", do_audit_restart},
    {"secrets list", do_list},
    {"secrets add", do_add},
    {"secrets remove", do_remove},
};

vault_verb_fn *
vault_verb_find(mc_text_t name)
{
    for (size_t i = 0; i < MC_COUNT(verbs); i++)
        if (mc_text_is(name, verbs[i].name))
            return verbs[i].call;
    return NULL;
}
