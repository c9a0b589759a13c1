/*
 *  locked - memory for keys and secrets
 */
#include "services/vault/locked.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRIED_BYTES ((size_t)64 << 10) /* what a vault at work needs at least */

void *
vault_locked_alloc(size_t size)
{
    void *memory = sodium_malloc(size ? size : 1);
    if (!memory)
        mc_fatal("no locked memory");
    return memset(memory, 0, size);
}

void
vault_locked_free(void *memory)
{
    sodium_free(memory);
}

vault_locked_t
vault_locked_copy(mc_text_t text)
{
    vault_locked_t copy = {vault_locked_alloc(text.size + 1), text.size};
    if (text.size)
        memcpy(copy.data, text.data, text.size);
    return copy;
}

void
vault_locked_clear(vault_locked_t *self)
{
    vault_locked_free(self->data);
    *self = (vault_locked_t){0};
}

bool
vault_locked_is_locked(void)
{
    void *pages =
        mmap(NULL, TRIED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return false;
    bool is_locked = mlock(pages, TRIED_BYTES) == 0;
    munmap(pages, TRIED_BYTES);
    return is_locked;
}
