/*
 *  opening - making the vault, opening and sealing it, and changing what opens it
 */
#include "services/vault/opening.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/vault/changes.h"
#include "services/vault/confirmations.h"
#include "services/vault/generation.h"
#include "services/vault/job.h"
#include "services/vault/leases.h"
#include "services/vault/patience.h"

struct vault_opening {
    vault_t *vault;
    bool is_busy;
    vault_patience_t patience;
};

vault_opening_t *
vault_opening_new(vault_t *vault)
{
    vault_opening_t *self = calloc(1, sizeof *self);
    assert(self);
    self->vault = vault;
    vault_patience_init(&self->patience, vault->settings);
    return self;
}

void
vault_opening_destroy(vault_opening_t **address)
{
    free(mc_take(address));
}

bool
vault_opening_is_busy(const vault_opening_t *self)
{
    return self->is_busy;
}

/* Answers and ends the job. */
static void
end(vault_job_t *job, const mc_refusal_t *refusal)
{
    if (refusal)
        VAULT_COUNT(job->vault, refused);
    job->opened(job->arg, refusal, refusal ? NULL : job->recovery);
    vault_job_destroy(&job);
}

static void
fail(vault_job_t *job, mc_error_code_t code, const char *reason)
{
    mc_refusal_t refusal;
    mc_refusal_fill(&refusal, (int)code, "", "%.250s", reason);
    end(job, &refusal);
}

static void
record(vault_job_t *job, const char *action, const char *outcome)
{
    vault_act_t act = {
        .actor = job->actor, .action = action, .target = MC_TEXT("vault"), .outcome = outcome};
    vault_record(job->vault, &act, NULL, NULL);
}

/* The generation of the store against the file: 0 when it may be opened. */
static int
check_generation(const vault_job_t *job)
{
    const vault_t *vault = job->vault;
    const vault_book_t *book = vault->book;
    int64_t known = 0;
    if (job->accept && job->accept == book->generation)
        return 0;
    int result = vault_generation_read(vault->folder, book, job->ring, &known);
    if (result == -1)
        return -1;
    if (result == VAULT_GENERATION_MISSING)
        return mc_fail("the file of the generation is gone, so nobody knows whether this store, of "
                       "generation %" PRId64 ", is the newest: --accept-generation %" PRId64
                       " takes it",
                       book->generation, book->generation);
    if (result == VAULT_FORGED)
        return mc_fail("the file of the generation was changed or is of another vault: "
                       "--accept-generation %" PRId64 " takes the store as it is",
                       book->generation);
    if (book->generation < known)
        return mc_fail("the store is of generation %" PRId64 ", but there was %" PRId64
                       ": an older store was put in its place; --accept-generation %" PRId64
                       " takes it",
                       book->generation, known, book->generation);
    return 0;
}

static int
check_book(const vault_book_t *book, const vault_keyring_t *ring)
{
    if (vault_book_check(book, ring))
        return mc_fail("rows of the store were changed, added or taken away by somebody else");
    return vault_book_open_all(book, ring);
}

/* Everything that an open vault has. */
static void
be_open(vault_t *vault, vault_job_t *job, const char *action)
{
    vault_audit_open(vault->audit, vault->ring, vault->book->header.vault_id);
    record(job, action, "done");
    const char *problem = vault_audit_problem(vault->audit);
    mc_log(&vault_log_unsealed, "generation=%" PRId64 " secrets=%zu by=%s", vault->book->generation,
           vault->book->count,
           job->given.recovery.size ? "recovery key"
                                    : vault_kek_words(vault->book->header.methods));
    if (problem)
        mc_log(&vault_log_audit_broken, "reason=%s", problem);
    vault->was_broken = problem != NULL;
    vault->reason[0] = '\0';
    vault_publish_state(vault);
}

static void
open_store(vault_job_t *job)
{
    vault_t *vault = job->vault;
    vault_header_t *header = &vault->book->header;
    if (memcmp(header->bytes, job->header.bytes, header->size) != 0 || !vault_is_sealed(vault)) {
        fail(job, MC_CONFLICT_ERROR, "the vault changed while it was being opened; try again");
        return;
    }
    if (check_book(vault->book, job->ring) == -1 || check_generation(job) == -1) {
        vault_set_reason(vault, "%s", mc_error());
        mc_log(&vault_log_unseal_refused, "reason=%s", mc_error());
        record(job, "vault_unseal", "refused");
        fail(job, MC_CONFLICT_ERROR, vault->reason);
        return;
    }
    vault->ring = mc_take(&job->ring);
    if (vault_generation_write(vault->folder, vault->book, vault->ring) == -1)
        mc_log(&vault_log_change_failed, "while=generation reason=%s", mc_error());
    be_open(vault, job, "vault_unseal");
    end(job, NULL);
}

static int
draft_first(vault_change_t *change, mc_refusal_t *refusal)
{
    vault_job_t *job = change->arg;
    if (change->vault->book->generation)
        return mc_refuse(refusal, MC_CONFLICT_ERROR, "", "there is a vault already");
    change->next = vault_book_new();
    change->next->header = job->header;
    change->ring = mc_take(&job->ring);
    vault_book_seal(change->next, change->ring);
    return 0;
}

static void
on_first(vault_change_t *change, const mc_refusal_t *refusal)
{
    vault_job_t *job = change->arg;
    free(change);
    if (refusal) {
        end(job, refusal);
        return;
    }
    mc_log(&vault_log_made, "by=%s", vault_kek_words(job->header.methods));
    be_open(job->vault, job, "vault_init");
    end(job, NULL);
}

static int
draft_rekey(vault_change_t *change, mc_refusal_t *refusal)
{
    const vault_job_t *job = change->arg;
    const vault_t *vault = change->vault;
    bool is_same = job->ring->version == vault->ring->version &&
                   vault_mac_is(job->ring->root, vault->ring->root);
    if (!is_same)
        return mc_refuse(refusal, MC_CONFLICT_ERROR, "",
                         "the keys of the vault were rotated meanwhile; try again");
    change->next = vault_book_copy(vault->book);
    change->next->header = job->header;
    vault_book_seal(change->next, vault->ring);
    return 0;
}

static void
on_rekeyed(vault_change_t *change, const mc_refusal_t *refusal)
{
    vault_job_t *job = change->arg;
    free(change);
    if (!refusal)
        vault_publish_state(job->vault);
    end(job, refusal);
}

static void
add_change(vault_job_t *job, bool is_first)
{
    vault_change_t *change = calloc(1, sizeof *change);
    assert(change);
    *change = (vault_change_t){.vault = job->vault,
                               .draft = is_first ? draft_first : draft_rekey,
                               .changed = is_first ? on_first : on_rekeyed,
                               .arg = job,
                               .is_first = is_first,
                               .act = {.actor = job->actor,
                                       .action = "vault_rekey",
                                       .target = MC_TEXT("vault"),
                                       .outcome = "allowed"}};
    vault_changes_add(change);
}

/* Wrong credentials: counted, logged, written down. */
static void
refuse_wrong(vault_job_t *job)
{
    static const char words[] = "the passphrase, key file or recovery key is not the one that "
                                "opens this vault";
    VAULT_COUNT(job->vault, unseal_failures);
    mc_log(&vault_log_unseal_refused, "reason=%s", words);
    record(job, job->kind == VAULT_JOB_REKEY ? "vault_rekey" : "vault_unseal", "wrong credentials");
    fail(job, MC_BAD_CREDENTIALS_ERROR, words);
}

static void
on_job_done(void *arg)
{
    vault_job_t *job = arg;
    vault_opening_t *self = job->vault->opening;
    self->is_busy = false;
    if (job->result == VAULT_FORGED) {
        refuse_wrong(job);
        return;
    }
    if (job->result == -1) {
        fail(job, MC_INTERNAL_ERROR, job->error);
        return;
    }
    if (job->kind != VAULT_JOB_MAKE)
        vault_patience_clear(&self->patience);
    if (job->kind == VAULT_JOB_UNSEAL)
        open_store(job);
    else
        add_change(job, job->kind == VAULT_JOB_MAKE);
}

/* Takes the job, which is NULL when it could not be made. */
static void
run_job(vault_t *vault, vault_job_t *job, mc_text_t actor, vault_opened_fn *opened, void *arg)
{
    mc_refusal_t refusal = {0};
    int wait_s = 0;
    if (job && job->kind != VAULT_JOB_MAKE && !vault->opening->is_busy)
        wait_s = vault_patience_attempt(&vault->opening->patience, mc_clock_steady_us());
    if (!job)
        mc_refusal_fill(&refusal, MC_BAD_INPUT_ERROR, "", "%.250s", mc_error());
    else if (vault->opening->is_busy)
        mc_refusal_fill(&refusal, MC_TOO_BUSY_ERROR, "", "the vault is being opened already");
    else if (wait_s)
        mc_refusal_fill(&refusal, MC_TOO_MANY_ATTEMPTS_ERROR, "",
                        "too many failed attempts; try again in %d seconds", wait_s);
    else if (mc_service_work(vault->service, vault_job_run, on_job_done, job))
        mc_refusal_fill(&refusal, MC_TOO_BUSY_ERROR, "", "too much waits to be computed");
    if (refusal.code) {
        opened(arg, &refusal, NULL);
        vault_job_destroy(&job);
        return;
    }
    assert(job);
    vault->opening->is_busy = true;
    job->opened = opened;
    job->arg = arg;
    job->actor = (mc_text_t){strndup(actor.data ? actor.data : "", actor.size), actor.size};
}

static bool
refuse_early(vault_t *vault, bool is_wrong, const char *why, vault_opened_fn *opened, void *arg)
{
    mc_refusal_t refusal;
    bool is_read = vault->book && !vault->is_standby;
    if (is_read && !is_wrong)
        return false;
    mc_refusal_fill(&refusal, MC_CONFLICT_ERROR, "", "%s", is_read ? why : vault->reason);
    opened(arg, &refusal, NULL);
    return true;
}

void
vault_make(vault_t *vault, const vault_credentials_t *next, mc_text_t actor,
           vault_opened_fn *opened, void *arg)
{
    bool is_made = vault->book && vault->book->generation > 0;
    if (!refuse_early(vault, is_made, "there is a vault already", opened, arg))
        run_job(vault, vault_job_new(vault, VAULT_JOB_MAKE, NULL, next), actor, opened, arg);
}

void
vault_unseal(vault_t *vault, const vault_credentials_t *given, int64_t accept, mc_text_t actor,
             vault_opened_fn *opened, void *arg)
{
    bool is_made = vault->book && vault->book->generation > 0;
    if (refuse_early(vault, !is_made, "there is no vault yet: missionctl vault init makes one",
                     opened, arg) ||
        refuse_early(vault, !vault_is_sealed(vault), "the vault is open already", opened, arg))
        return;
    vault_job_t *job = vault_job_new(vault, VAULT_JOB_UNSEAL, given, NULL);
    if (job)
        job->accept = accept;
    run_job(vault, job, actor, opened, arg);
}

void
vault_rekey(vault_t *vault, const vault_credentials_t *given, const vault_credentials_t *next,
            mc_text_t actor, vault_opened_fn *opened, void *arg)
{
    if (!refuse_early(vault, vault_is_sealed(vault), "the vault is sealed: unseal it first", opened,
                      arg))
        run_job(vault, vault_job_new(vault, VAULT_JOB_REKEY, given, next), actor, opened, arg);
}

void
vault_seal(vault_t *vault, const char *why)
{
    char reason[sizeof vault->reason]; /* why may be what mc_error lends */
    snprintf(reason, sizeof reason, "%s", why);
    vault_act_t act = {.actor = MC_TEXT("vault"),
                       .action = "vault_seal",
                       .target = MC_TEXT("vault"),
                       .outcome = "done",
                       .details = mc_text(reason)};
    if (vault_is_sealed(vault))
        return;
    vault_record(vault, &act, NULL, NULL);
    vault_sign_head(vault);
    vault_audit_close(vault->audit);
    vault_keyring_destroy(&vault->ring);
    vault_confirmations_forget(vault->confirmations);
    vault_leases_forget(vault->leases);
    vault_set_reason(vault, "%s", reason);
    mc_log(&vault_log_sealed, "reason=%s", reason);
    vault_publish_state(vault);
}
