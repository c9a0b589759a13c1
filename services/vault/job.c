/*
 *  job - deriving keys on the work thread, with everything it needs of its own
 */
#include "services/vault/job.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"

static void
clear_given(vault_given_t *given)
{
    vault_locked_clear(&given->passphrase);
    vault_locked_clear(&given->key_file);
    vault_locked_clear(&given->recovery);
}

static int
take_given(vault_given_t *given, const vault_credentials_t *from)
{
    char path[VAULT_KEY_BYTES * 64];
    if (from->passphrase.size)
        given->passphrase = vault_locked_copy(from->passphrase);
    if (from->recovery_key.size)
        given->recovery = vault_locked_copy(from->recovery_key);
    if (!from->key_file.size)
        return 0;
    snprintf(path, sizeof path, "%.*s", MC_FMT(from->key_file));
    return vault_key_file_read(path, &given->key_file);
}

static unsigned
methods_of(const vault_given_t *given)
{
    return (given->passphrase.size ? VAULT_BY_PASSPHRASE : 0) |
           (given->key_file.size ? VAULT_BY_KEY_FILE : 0);
}

static int
check_next(const vault_given_t *next)
{
    if (!methods_of(next))
        return mc_fail("a passphrase or a key file is needed");
    if (next->passphrase.size && (next->passphrase.size < VAULT_PASSPHRASE_BYTES_MIN ||
                                  next->passphrase.size > VAULT_PASSPHRASE_BYTES_MAX))
        return mc_fail("the passphrase must have %d to %d bytes, not %zu",
                       VAULT_PASSPHRASE_BYTES_MIN, VAULT_PASSPHRASE_BYTES_MAX,
                       next->passphrase.size);
    return 0;
}

/* What the header asks for must be given: a recovery key stands for it all. */
static int
check_given(const vault_given_t *given, const vault_header_t *header)
{
    if (given->recovery.size || (methods_of(given) & header->methods) == header->methods)
        return 0;
    return mc_fail("this vault is opened by its %s", vault_kek_words(header->methods));
}

vault_job_t *
vault_job_new(vault_t *vault, vault_job_kind_t kind, const vault_credentials_t *given,
              const vault_credentials_t *next)
{
    vault_job_t *self = calloc(1, sizeof *self);
    assert(self);
    self->vault = vault;
    self->kind = kind;
    self->header = vault->book->header;
    self->ring = vault_keyring_new();
    int result = given ? take_given(&self->given, given) : 0;
    if (result == 0 && given)
        result = check_given(&self->given, &self->header);
    if (result == 0 && next)
        result = take_given(&self->next, next);
    if (result == 0 && next)
        result = check_next(&self->next);
    if (result == -1)
        vault_job_destroy(&self);
    return self;
}

void
vault_job_destroy(vault_job_t **address)
{
    vault_job_t *self = mc_take(address);
    if (!self)
        return;
    clear_given(&self->given);
    clear_given(&self->next);
    vault_keyring_destroy(&self->ring);
    vault_locked_free(self->recovery);
    free((char *)self->actor.data);
    free(self);
}

static int
make_kek(const vault_header_t *header, const vault_given_t *given, uint8_t *ret_kek)
{
    vault_kek_source_t source = {.methods = header->methods,
                                 .cost = header->cost,
                                 .passphrase = vault_locked_text(&given->passphrase),
                                 .key_file = vault_locked_text(&given->key_file)};
    memcpy(source.salt, header->salt, sizeof source.salt);
    return vault_kek_make(&source, ret_kek);
}

/* Opens the ring with what was given. */
static int
open_ring(vault_job_t *self, uint8_t *kek)
{
    bool is_recovery = self->given.recovery.size > 0;
    int result = is_recovery ? vault_kek_recover(vault_locked_text(&self->given.recovery),
                                                 self->header.vault_id, kek)
                             : make_kek(&self->header, &self->given, kek);
    if (result == -1)
        return -1;
    if (vault_header_open(&self->header, kek, is_recovery, self->ring->root))
        return VAULT_FORGED;
    if (vault_header_open_ring(&self->header, self->ring))
        return mc_fail("the header of the vault was changed: put the store back from a copy");
    return 0;
}

/* A header for the ring that opens with what comes next, and with a new recovery key. */
static int
close_header(vault_job_t *self, uint8_t *kek)
{
    vault_header_t *header = &self->header;
    header->methods = methods_of(&self->next);
    header->cost = (vault_cost_t){VAULT_PASSES, VAULT_MEMORY_KIB, VAULT_LANES};
    randombytes_buf(header->salt, sizeof header->salt);
    if (make_kek(header, &self->next, kek) == -1 ||
        vault_header_wrap(header, self->ring, kek) == -1)
        return -1;
    self->recovery = vault_locked_alloc(VAULT_RECOVERY_SIZE);
    vault_recovery_make(self->recovery);
    if (vault_kek_recover(mc_text(self->recovery), header->vault_id, kek) == -1 ||
        vault_header_wrap_recovery(header, self->ring, kek) == -1)
        return -1;
    return vault_header_close(header, self->ring);
}

void
vault_job_run(void *arg)
{
    vault_job_t *self = arg;
    uint8_t *kek = vault_locked_alloc(VAULT_KEY_BYTES);
    if (self->kind == VAULT_JOB_MAKE) {
        randombytes_buf(self->header.vault_id, sizeof self->header.vault_id);
        vault_keyring_make(self->ring);
    } else {
        self->result = open_ring(self, kek);
    }
    if (self->result == 0 && self->kind != VAULT_JOB_UNSEAL)
        self->result = close_header(self, kek);
    vault_locked_free(kek);
    if (self->result == -1)
        snprintf(self->error, sizeof self->error, "%.500s", mc_error());
}
