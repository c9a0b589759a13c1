/*
 *  ids - UUIDs as this product makes and hashes them
 *
 *      v7   48 bits of milliseconds, 4 of version, 12 of counter, 2 of variant, 62 random
 *
 *  The counter grows within a millisecond, from a random start below half of
 *  what it holds. Where it would overflow, or the clock goes back, the time of
 *  the last id goes on as if it were now: ids never go back.
 */
#include "ids.h"

#include "clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#define COUNTER_BITS 12
#define COUNTER_START_MAX 0x7ff
#define POOL_UUIDS 64

/* Time and counter of the process's last id as one number: milliseconds above, counter below. */
static _Atomic uint64_t last_stamp;

static uint64_t
next_stamp(uint64_t now_ms, uint64_t counter_start)
{
    uint64_t fresh = now_ms << COUNTER_BITS | counter_start;
    uint64_t last = atomic_load(&last_stamp);
    uint64_t next;
    do {
        bool is_same_or_back = now_ms <= last >> COUNTER_BITS;
        next = is_same_or_back ? last + 1 : fresh;
    } while (!atomic_compare_exchange_weak(&last_stamp, &last, next));
    return next;
}

static void
set_version(mc_uuid_t *uuid, uint8_t version)
{
    uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0f) | version << 4);
    uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
}

/* Grows in every child, so that it does not go on with what its parent has left. */
static _Atomic unsigned generation = 1;

static void
count_generation(void)
{
    atomic_fetch_add(&generation, 1);
}

static void
watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_generation);
}

/* The kernel is asked for many at once: it costs as much as for one. */
static void
take_random(mc_uuid_t *ret_uuid)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local mc_uuid_t pool[POOL_UUIDS];
    static _Thread_local size_t left;
    static _Thread_local unsigned made_in;
    pthread_once(&once, watch_forks);
    if (left == 0 || made_in != atomic_load(&generation)) {
        randombytes_buf(pool, sizeof pool);
        left = POOL_UUIDS;
        made_in = atomic_load(&generation);
    }
    *ret_uuid = pool[--left];
}

mc_uuid_t
mc_uuid_new(void)
{
    mc_uuid_t uuid;
    take_random(&uuid);
    uint64_t start = ((uint64_t)uuid.bytes[6] << 8 | uuid.bytes[7]) & COUNTER_START_MAX;
    uint64_t stamp = next_stamp((uint64_t)mc_clock_us() / 1000, start);
    uint64_t ms = stamp >> COUNTER_BITS;

    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(stamp >> 8 & 0x0f);
    uuid.bytes[7] = (uint8_t)stamp;
    set_version(&uuid, 7);
    return uuid;
}

mc_uuid_t
mc_uuid_of(mc_text_t bytes)
{
    mc_uuid_t uuid;
    crypto_generichash(uuid.bytes, sizeof uuid.bytes, (const uint8_t *)bytes.data, bytes.size, NULL,
                       0);
    set_version(&uuid, 8);
    return uuid;
}
