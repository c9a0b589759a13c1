/*
 *  affinity - which provider holds a response that was stored there
 *
 *  A hash table of chains, and a queue in the order of arrival.
 */
#include "services/router/affinity.h"

#include <stdlib.h>
#include <sys/queue.h>

#define BUCKETS 16384

typedef struct entry {
    LIST_ENTRY(entry) chain;
    TAILQ_ENTRY(entry) order;
    int64_t put_us;
    size_t id_size;
    size_t provider_size;
    char text[]; /* the id, then the provider */
} entry_t;

LIST_HEAD(chain, entry);
TAILQ_HEAD(order, entry);

struct router_affinity {
    struct chain chains[BUCKETS];
    struct order order; /* oldest first */
    size_t count;
};

/* FNV-1a: ids are random, and made by providers. */
static size_t
bucket_of(mc_text_t id)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < id.size; i++)
        hash = (hash ^ (unsigned char)id.data[i]) * 1099511628211u;
    return hash % BUCKETS;
}

router_affinity_t *
router_affinity_new(void)
{
    router_affinity_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    TAILQ_INIT(&self->order);
    return self;
}

static void
forget(router_affinity_t *self, entry_t *entry)
{
    LIST_REMOVE(entry, chain);
    TAILQ_REMOVE(&self->order, entry, order);
    self->count--;
    free(entry);
}

void
router_affinity_destroy(router_affinity_t **address)
{
    router_affinity_t *self = mc_take(address);
    if (!self)
        return;
    for (entry_t *next, *entry = TAILQ_FIRST(&self->order); entry; entry = next) {
        next = TAILQ_NEXT(entry, order);
        free(entry);
    }
    free(self);
}

static entry_t *
find(const router_affinity_t *self, mc_text_t id)
{
    entry_t *entry;
    LIST_FOREACH(entry, &self->chains[bucket_of(id)], chain)
    {
        if (mc_text_equals((mc_text_t){entry->text, entry->id_size}, id))
            return entry;
    }
    return NULL;
}

void
router_affinity_put(router_affinity_t *self, mc_text_t response_id, mc_text_t provider,
                    int64_t now_us)
{
    router_affinity_drop(self, response_id);
    if (self->count == ROUTER_AFFINITY_MAX)
        forget(self, TAILQ_FIRST(&self->order));
    entry_t *entry = malloc(sizeof *entry + response_id.size + provider.size);
    if (!entry)
        mc_fatal("out of memory");
    entry->put_us = now_us;
    entry->id_size = response_id.size;
    entry->provider_size = provider.size;
    memcpy(entry->text, response_id.data, response_id.size);
    memcpy(entry->text + response_id.size, provider.data, provider.size);
    LIST_INSERT_HEAD(&self->chains[bucket_of(response_id)], entry, chain);
    TAILQ_INSERT_TAIL(&self->order, entry, order);
    self->count++;
}

void
router_affinity_drop(router_affinity_t *self, mc_text_t response_id)
{
    entry_t *entry = find(self, response_id);
    if (entry)
        forget(self, entry);
}

mc_text_t
router_affinity_find(const router_affinity_t *self, mc_text_t response_id, int64_t now_us)
{
    const entry_t *entry = find(self, response_id);
    if (!entry || now_us - entry->put_us > ROUTER_AFFINITY_US)
        return (mc_text_t){0};
    return (mc_text_t){entry->text + entry->id_size, entry->provider_size};
}
