/*
 *  look - what the vault does by itself: reading the store, opening with the key file, watching
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "services/vault/changes.h"
#include "services/vault/files.h"
#include "services/vault/generation.h"
#include "services/vault/opening.h"
#include "services/vault/vault_store.h"

#define AUTO "auto"
#define NONE "none"
#define KEY_FILE "key"
#define RECOVERY_FILE "recovery-key"

/* The key file of the settings; false when there is to be none. */
static bool
find_key_file(const vault_t *self, char ret_path[VAULT_PATH_BYTES_MAX])
{
    const char *setting = self->settings->vault_key_file;
    if (!strcmp(setting, NONE))
        return false;
    if (strcmp(setting, AUTO))
        snprintf(ret_path, VAULT_PATH_BYTES_MAX, "%s", setting);
    else
        snprintf(ret_path, VAULT_PATH_BYTES_MAX, "%s/%s", self->folder, KEY_FILE);
    return true;
}

/* What nobody asked for has nobody to tell but the log and the reason. */
static void
on_opened(void *arg, const mc_refusal_t *refusal, const char *recovery)
{
    vault_t *self = arg;
    char line[VAULT_RECOVERY_SIZE + 1];
    if (refusal) {
        vault_set_reason(self, "%s", refusal->message);
        mc_log(&vault_log_unseal_refused, "by=keyfile reason=%s", refusal->message);
        return;
    }
    if (!recovery)
        return;
    snprintf(line, sizeof line, "%s\n", recovery);
    if (vault_file_write(self->folder, RECOVERY_FILE, mc_text(line)) == -1)
        mc_log(&vault_log_change_failed, "while=recovery reason=%s", mc_error());
    explicit_bzero(line, sizeof line);
}

/* A new vault of the key file's own. Where there was one before, an empty store is a lost one. */
static void
make_by_file(vault_t *self, const vault_credentials_t *credentials, const char *path)
{
    char line[8];
    int known = vault_file_read(self->folder, VAULT_GENERATION_FILE, line, sizeof line - 1);
    if (known != VAULT_FILE_MISSING) {
        vault_set_reason(self,
                         "the store is empty, but this machine has had a vault: put the "
                         "store back, or remove %s/%s to begin a new one",
                         self->folder, VAULT_GENERATION_FILE);
        return;
    }
    if (vault_key_file_make(path) == -1)
        vault_set_reason(self, "%s", mc_error());
    else
        vault_make(self, credentials, MC_TEXT("vault"), on_opened, self);
}

static void
open_by_file(vault_t *self)
{
    char path[VAULT_PATH_BYTES_MAX] = "";
    bool has_file = find_key_file(self, path);
    vault_credentials_t credentials = {.key_file = mc_text(path)};
    if (self->book->generation == 0) {
        vault_set_reason(self, "there is no vault yet: missionctl vault init makes one");
        if (has_file)
            make_by_file(self, &credentials, path);
        return;
    }
    unsigned methods = self->book->header.methods;
    vault_set_reason(self, "it waits for its %s: missionctl vault unseal",
                     vault_kek_words(methods));
    if (has_file && methods == VAULT_BY_KEY_FILE)
        vault_unseal(self, &credentials, 0, MC_TEXT("vault"), on_opened, self);
}

/* Is the store that was read one that the open vault can go on with? */
static int
check_read(const vault_t *self, const vault_book_t *book)
{
    assert(self->book);
    if (book->generation < self->book->generation)
        return mc_fail("the store went back from generation %lld to %lld",
                       (long long)self->book->generation, (long long)book->generation);
    if (book->generation == self->book->generation &&
        memcmp(book->seal, self->book->seal, sizeof book->seal) == 0)
        return 0;
    if (book->header.keyring_version != self->ring->version || vault_book_check(book, self->ring))
        return mc_fail("the store was changed by somebody else");
    return vault_book_open_all(book, self->ring);
}

/* is_first: it is to be opened. */
static void
take_book(vault_t *self, vault_book_t *book, bool is_first)
{
    bool is_fine = vault_is_sealed(self) || check_read(self, book) == 0;
    if (!is_fine) {
        mc_log(&vault_log_store_changed, "reason=%s", mc_error());
        vault_seal(self, mc_error());
    }
    vault_book_destroy(&self->book);
    self->book = book;
    vault_publish_state(self);
    if (is_first)
        open_by_file(self);
    else if (is_fine && self->ring &&
             vault_generation_write(self->folder, self->book, self->ring) == -1)
        mc_log(&vault_log_change_failed, "while=generation reason=%s", mc_error());
}

static void
on_loaded(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    vault_t *self = arg;
    self->is_loading = false;
    if (refusal && refusal->code == MC_INTERNAL_ERROR)
        mc_log(&vault_log_store_failed, "state=%s reason=%s", refusal->field, refusal->message);
    if (refusal)
        return;
    bool is_first = !self->book || self->is_standby;
    if (self->is_standby)
        mc_log(&vault_log_in_charge, "folder=%s", self->folder);
    self->is_standby = false;
    vault_book_t *book = vault_store_read(result);
    bool was_unreadable = self->is_unreadable;
    self->is_unreadable = !book;
    if (book) {
        take_book(self, book, is_first);
        return;
    }
    vault_set_reason(self, "%s", mc_error());
    vault_seal(self, self->reason);
    if (!was_unreadable)
        mc_log(&vault_log_store_unreadable, "reason=%s", self->reason);
}

void
vault_reload(vault_t *self)
{
    if (self->is_loading || !self->store)
        return;
    self->is_loading = true;
    vault_store_load(self->store, on_loaded, self);
}

/* What it knows of the store may be outdated by the time it is in charge: then all is read anew. */
static void
stand_by(vault_t *self)
{
    static const char why[] = "another vault is in charge of this store; this one stands by";
    if (!self->is_standby)
        mc_log(&vault_log_standby, "folder=%s", self->folder);
    self->is_standby = true;
    mc_metrics_set(self->metrics, VAULT_METRIC_sealed, 1);
    vault_seal(self, why);
    vault_set_reason(self, "%s", why);
}

static void
on_generation(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    vault_t *self = arg;
    self->is_loading = false;
    bool is_busy = vault_changes_is_busy(self->changes) || vault_opening_is_busy(self->opening);
    if (refusal || is_busy)
        return;
    if (mc_store_i64(result, 0, 1) == 0) {
        stand_by(self);
        return;
    }
    if (!self->book || self->is_standby || mc_store_i64(result, 0, 0) != self->book->generation)
        vault_reload(self);
}

static void
look_at_store(vault_t *self)
{
    if (!mc_store_is_up(self->store) || self->is_loading)
        return;
    if (!vault_changes_is_busy(self->changes)) {
        self->is_loading = true;
        vault_store_generation(self->store, on_generation, self);
    }
}

static void
look_at_audit(vault_t *self)
{
    vault_audit_look(self->audit);
    const char *problem = vault_audit_problem(self->audit);
    if (problem && !self->was_broken)
        mc_log(&vault_log_audit_broken, "reason=%s", problem);
    if (!problem && self->was_broken)
        mc_log(&vault_log_audit_mended, "records=%lld",
               (long long)vault_audit_sequence(self->audit));
    self->was_broken = problem != NULL;
    mc_metrics_set(self->metrics, VAULT_METRIC_audit_broken, self->was_broken);
    mc_metrics_set(self->metrics, VAULT_METRIC_audit_records, vault_audit_sequence(self->audit));
}

void
vault_look_first(void *state)
{
    vault_t *self = state;
    if (!self->book && !self->is_unreadable)
        look_at_store(self);
}

void
vault_look(void *state)
{
    vault_t *self = state;
    look_at_store(self);
    look_at_audit(self);
}

static void
on_checkpoint_kept(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)result;
    if (refusal)
        mc_log(&vault_log_checkpoint_failed, "reason=%s", refusal->message);
}

void
vault_sign_head(void *state)
{
    vault_t *self = state;
    if (vault_is_sealed(self) || vault_audit_problem(self->audit))
        return;
    const char *line = vault_audit_checkpoint(self->audit);
    if (!line)
        mc_log(&vault_log_checkpoint_failed, "reason=%s", mc_error());
    else if (mc_service_edge(self->service)) /* there is time for its answer */
        vault_store_add_checkpoint(self->store, vault_audit_sequence(self->audit), line,
                                   on_checkpoint_kept, NULL);
}
