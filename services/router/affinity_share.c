/*
 *  affinity_share - which provider keeps a response, known to all routers and over restarts
 */
#include "services/router/affinity_share.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "services/router/router_store.h"

#define BATCH 512 /* rows of one statement */
#define CLEAN_US INT64_C(3600000000)

typedef struct waiting {
    STAILQ_ENTRY(waiting) link;
    int64_t made_us;
    size_t id_size;
    size_t provider_size; /* 0: deleted */
    char text[];          /* the id, then the provider */
} waiting_t;

STAILQ_HEAD(queue, waiting);

struct router_affinity_share {
    mc_bus_t *bus;
    mc_store_t *store;
    router_affinity_t *affinity;
    struct queue queue; /* oldest first */
    size_t count;
    size_t writing; /* the first of the queue, under way */
    bool must_read;
    bool is_reading;
    bool is_closed;
    int64_t cleaned_us;
};

static bool
is_plain(mc_text_t id)
{
    if (id.size == 0 || id.size > 128)
        return false;
    for (size_t i = 0; i < id.size; i++)
        if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:",
                    id.data[i], 66))
            return false;
    return true;
}

/* When it was made, by the clock of the map. */
static int64_t
steady_of(int64_t made_us)
{
    int64_t age_us = mc_clock_us() - made_us;
    return mc_clock_steady_us() - (age_us > 0 ? age_us : 0);
}

/* --- what others tell, and what is stored --- */

static void
on_told(void *arg, mc_list_t records)
{
    router_affinity_share_t *self = arg;
    const mc_stored_response_t *told = records.items;
    for (size_t i = 0; i < records.count; i++)
        if (mc_has(&told[i], stored_response, provider))
            router_affinity_put(self->affinity, told[i].response_id, told[i].provider,
                                steady_of(told[i].made_at));
        else
            router_affinity_drop(self->affinity, told[i].response_id);
}

static void
on_gap(void *arg)
{
    router_affinity_share_t *self = arg;
    self->must_read = true;
}

/* Oldest first, so that the map forgets those first; what is known here is newer. */
static void
on_rows(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    router_affinity_share_t *self = arg;
    self->is_reading = false;
    if (self->is_closed)
        return;
    self->must_read = refusal != NULL;
    for (int row = refusal ? 0 : PQntuples(result); row-- > 0;) {
        mc_text_t id = mc_store_text(result, row, 0);
        int64_t put_us = steady_of(mc_store_time(result, row, 2));
        if (!router_affinity_find(self->affinity, id, put_us).size)
            router_affinity_put(self->affinity, id, mc_store_text(result, row, 1), put_us);
    }
}

static void
read_rows(router_affinity_share_t *self)
{
    self->is_reading = true;
    router_store_list_responses(self->store, ROUTER_AFFINITY_MAX, on_rows, self);
}

/* --- what is written --- */

static void
drop_first(router_affinity_share_t *self)
{
    waiting_t *first = STAILQ_FIRST(&self->queue);
    STAILQ_REMOVE_HEAD(&self->queue, link);
    self->count--;
    free(first);
}

static void write_rows(router_affinity_share_t *self);

/* What PostgreSQL itself refuses would be refused again. */
static void
on_written(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    router_affinity_share_t *self = arg;
    (void)result;
    bool is_done = !refusal || refusal->code == MC_INTERNAL_ERROR;
    for (; is_done && self->writing; self->writing--)
        drop_first(self);
    self->writing = 0;
    if (is_done && self->count && !self->is_closed)
        write_rows(self);
}

static void
write_rows(router_affinity_share_t *self)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_stored_response_t *rows = mc_arena_alloc(arena, BATCH * sizeof *rows);
    router_response_rows_t batch = {.rows = rows, .arena = arena};
    const waiting_t *waiting;
    STAILQ_FOREACH(waiting, &self->queue, link)
    {
        if (batch.count == BATCH)
            break;
        rows[batch.count++] = (mc_stored_response_t){
            .response_id = {waiting->text, waiting->id_size},
            .provider = {waiting->text + waiting->id_size, waiting->provider_size},
            .made_at = waiting->made_us,
        };
    }
    self->writing = batch.count;
    router_store_write_responses(self->store, &batch, on_written, self);
}

static void
on_cleaned(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)result;
    (void)refusal; /* the next hour does it */
}

void
router_affinity_share_tick(router_affinity_share_t *self)
{
    int64_t now_us = mc_clock_us();
    if (!mc_store_is_up(self->store))
        return;
    if (self->must_read && !self->is_reading)
        read_rows(self);
    if (self->count && !self->writing)
        write_rows(self);
    if (now_us - self->cleaned_us < CLEAN_US)
        return;
    self->cleaned_us = now_us;
    router_store_forget_responses(self->store, now_us - ROUTER_AFFINITY_US, on_cleaned, self);
}

/* --- what happened here --- */

static void
tell(router_affinity_share_t *self, mc_text_t id, mc_text_t provider)
{
    mc_stored_response_t record = {0};
    mc_set(&record, stored_response, response_id, id);
    mc_set(&record, stored_response, made_at, mc_clock_us());
    if (provider.size)
        mc_set(&record, stored_response, provider, provider);
    mc_bus_publish(self->bus, MC_MESSAGE_RESPONSES_STORED, mc_list_one(&record));

    if (self->count == ROUTER_AFFINITY_WAITING_MAX && !self->writing)
        drop_first(self);
    waiting_t *waiting = malloc(sizeof *waiting + id.size + provider.size);
    if (!waiting)
        mc_fatal("out of memory");
    waiting->made_us = record.made_at;
    waiting->id_size = id.size;
    waiting->provider_size = provider.size;
    memcpy(waiting->text, id.data, id.size);
    if (provider.size)
        memcpy(waiting->text + id.size, provider.data, provider.size);
    STAILQ_INSERT_TAIL(&self->queue, waiting, link);
    self->count++;
    if (!self->writing && mc_store_is_up(self->store))
        write_rows(self);
}

void
router_affinity_share_put(router_affinity_share_t *self, mc_text_t response_id, mc_text_t provider)
{
    if (!is_plain(response_id))
        return;
    router_affinity_put(self->affinity, response_id, provider, mc_clock_steady_us());
    tell(self, response_id, provider);
}

void
router_affinity_share_drop(router_affinity_share_t *self, mc_text_t response_id)
{
    if (!is_plain(response_id))
        return;
    router_affinity_drop(self->affinity, response_id);
    tell(self, response_id, (mc_text_t){0});
}

router_affinity_share_t *
router_affinity_share_new(mc_service_t *service, mc_store_t *store, router_affinity_t *affinity)
{
    router_affinity_share_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->bus = mc_service_bus(service);
    self->store = store;
    self->affinity = affinity;
    self->must_read = true;
    STAILQ_INIT(&self->queue);
    mc_bus_subscribe(self->bus, "router", MC_MESSAGE_RESPONSES_STORED, on_told, on_gap, self);
    return self;
}

void
router_affinity_share_close(router_affinity_share_t *self)
{
    if (self)
        self->is_closed = true;
}

void
router_affinity_share_destroy(router_affinity_share_t **address)
{
    router_affinity_share_t *self = mc_take(address);
    if (!self)
        return;
    while (self->count)
        drop_first(self);
    free(self);
}
