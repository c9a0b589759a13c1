/*
 *  audit - the audit chain in its files: written down before anything is released
 */
#include "services/vault/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/vault/audit_files.h"
#include "services/vault/files.h"

typedef struct waiter {
    struct waiter *next;
    vault_audit_done_fn *done;
    void *arg;
} waiter_t;

struct vault_audit {
    mc_service_t *service;
    const char *folder;
    const vault_keyring_t *ring; /* NULL: closed */
    vault_audit_files_t files;
    vault_chain_t chain;   /* of what is on stable storage */
    vault_chain_t pending; /* with what waits to be written */
    mc_buffer_t lines;
    waiter_t *first;
    waiter_t **last;
    bool is_asked; /* for the end of the turn */
    vault_deed_t held[VAULT_AUDIT_HELD_MAX];
    size_t held_count;
    char problem[MC_ERROR_BYTES_MAX];
    char checkpoint[VAULT_CHECKPOINT_BYTES_MAX];
};

vault_audit_t *
vault_audit_new(mc_service_t *service, const char *folder)
{
    vault_audit_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->folder = folder;
    self->files = (vault_audit_files_t){.log = -1, .head = -1};
    self->last = &self->first;
    return self;
}

static void
forget_held(vault_audit_t *self)
{
    for (size_t i = 0; i < self->held_count; i++)
        free((char *)self->held[i].actor.data);
    self->held_count = 0;
}

void
vault_audit_destroy(vault_audit_t **address)
{
    vault_audit_t *self = mc_take(address);
    if (!self)
        return;
    vault_audit_close(self);
    forget_held(self);
    mc_buffer_clear(&self->lines);
    free(self);
}

static void
keep_problem(vault_audit_t *self)
{
    if (!self->problem[0])
        snprintf(self->problem, sizeof self->problem, "%s", mc_error());
}

static void
tell(vault_audit_t *self, bool is_written)
{
    waiter_t *waiter = self->first;
    self->first = NULL;
    self->last = &self->first;
    while (waiter) {
        waiter_t *next = waiter->next;
        waiter->done(waiter->arg, is_written);
        free(waiter);
        waiter = next;
    }
}

/* A disk that was full may have room again; what was done to the files by others stays a problem.
 */
static bool
write_pending(vault_audit_t *self)
{
    char mark[VAULT_MARK_BYTES_MAX];
    if (self->problem[0] && !self->files.is_full)
        return false;
    self->problem[0] = '\0';
    if (vault_audit_files_append(&self->files, mc_buffer_content(&self->lines)) == -1)
        return false;
    size_t size = vault_chain_mark(&self->pending, self->ring, mark);
    return vault_audit_files_mark(&self->files, (mc_text_t){mark, size}) == 0;
}

static void
commit(void *arg)
{
    vault_audit_t *self = arg;
    bool is_written = false;
    self->is_asked = false;
    if (self->ring && self->lines.size) {
        is_written = write_pending(self);
        if (is_written)
            self->chain = self->pending;
        else
            keep_problem(self);
        self->pending = self->chain;
    }
    mc_buffer_reset(&self->lines);
    tell(self, is_written);
}

static void
hold(vault_audit_t *self, const vault_deed_t *deed)
{
    if (self->held_count == VAULT_AUDIT_HELD_MAX)
        return;
    const mc_text_t *from[] = {&deed->actor, &deed->action, &deed->target, &deed->outcome,
                               &deed->details};
    vault_deed_t *copy = &self->held[self->held_count++];
    mc_text_t *to[] = {&copy->actor, &copy->action, &copy->target, &copy->outcome, &copy->details};
    size_t size = 1;
    for (size_t i = 0; i < MC_COUNT(from); i++)
        size += from[i]->size;
    char *at = malloc(size);
    assert(at);
    copy->at_us = deed->at_us;
    for (size_t i = 0; i < MC_COUNT(from); i++) {
        *to[i] = (mc_text_t){at, from[i]->size};
        if (from[i]->size)
            memcpy(at, from[i]->data, from[i]->size);
        at += from[i]->size;
    }
}

void
vault_audit_add(vault_audit_t *self, const vault_deed_t *deed, vault_audit_done_fn *done, void *arg)
{
    if (self->ring)
        vault_chain_add(&self->pending, self->ring, deed, &self->lines);
    else
        hold(self, deed);
    if (done) {
        waiter_t *waiter = malloc(sizeof *waiter);
        assert(waiter);
        *waiter = (waiter_t){.done = done, .arg = arg};
        *self->last = waiter;
        self->last = &waiter->next;
    }
    if (!self->is_asked)
        mc_service_at_turn_end(self->service, commit, self);
    self->is_asked = true;
}

void
vault_audit_open(vault_audit_t *self, const vault_keyring_t *ring, const uint8_t vault_id[16])
{
    self->ring = ring;
    self->problem[0] = '\0';
    mc_buffer_reset(&self->lines);
    vault_chain_begin(&self->chain, vault_id);
    if (vault_audit_files_open(&self->files, self->folder, ring, &self->chain) == -1)
        keep_problem(self);
    self->pending = self->chain;
    for (size_t i = 0; i < self->held_count; i++)
        vault_audit_add(self, &self->held[i], NULL, NULL);
    forget_held(self);
}

void
vault_audit_close(vault_audit_t *self)
{
    if (!self->ring)
        return;
    commit(self);
    vault_audit_files_close(&self->files);
    self->ring = NULL;
}

void
vault_audit_set_ring(vault_audit_t *self, const vault_keyring_t *ring)
{
    self->ring = ring;
}

const char *
vault_audit_problem(const vault_audit_t *self)
{
    return self->problem[0] ? self->problem : NULL;
}

int64_t
vault_audit_sequence(const vault_audit_t *self)
{
    return self->chain.sequence;
}

void
vault_audit_look(vault_audit_t *self)
{
    if (!self->ring)
        return;
    if (self->problem[0] && !self->files.is_full)
        return;
    self->problem[0] = '\0';
    if (vault_audit_files_check(&self->files) == -1)
        keep_problem(self);
}

int
vault_audit_verify(vault_audit_t *self)
{
    if (!self->ring)
        return mc_fail("the vault is sealed: its chain can be read with its keys only");
    if (self->is_asked)
        commit(self);
    vault_chain_t chain;
    vault_chain_begin(&chain, self->chain.vault_id);
    int result = vault_audit_files_read(self->folder, self->ring, &chain);
    if (result == 0 &&
        (chain.sequence != self->chain.sequence || !vault_mac_is(chain.head, self->chain.head)))
        result = mc_fail("the log ends at record %lld, the vault wrote %lld",
                         (long long)chain.sequence, (long long)self->chain.sequence);
    if (result == 0)
        return vault_audit_problem(self) ? mc_fail("%s", self->problem) : 0;
    keep_problem(self);
    return -1;
}

int
vault_audit_restart(vault_audit_t *self)
{
    if (!self->ring)
        return mc_fail("the vault is sealed");
    vault_audit_files_close(&self->files);
    if (vault_audit_files_put_aside(self->folder) == -1)
        return -1;
    self->problem[0] = '\0';
    if (vault_audit_files_make(&self->files, self->folder, self->ring, &self->chain) == -1) {
        keep_problem(self);
        return -1;
    }
    self->pending = self->chain;
    return 0;
}

const char *
vault_audit_checkpoint(vault_audit_t *self)
{
    if (!self->ring)
        return NULL;
    if (self->is_asked)
        commit(self);
    vault_chain_sign(&self->chain, self->ring, mc_clock_us(), self->checkpoint);
    if (vault_audit_files_checkpoint(self->folder, mc_text(self->checkpoint)) == -1)
        return NULL;
    return self->checkpoint;
}
