/*
 *  recent - uids acknowledged lately, to recognise a resend at the door
 *
 *  A table with one place for each hash: a new uid takes the place of the old
 *  one. The hash is the end of the uid, which is random in version 7 and a
 *  digest in version 8.
 */
#include "services/ingest/recent.h"

#include <stdlib.h>

struct ingest_recent {
    mc_uuid_t places[INGEST_RECENT_MAX];
};

static mc_uuid_t *
find_place(const ingest_recent_t *self, mc_uuid_t uid)
{
    uint64_t tail;
    memcpy(&tail, uid.bytes + 8, sizeof tail);
    tail = (tail ^ tail >> 32) * UINT64_C(0x9E3779B97F4A7C15); /* spreads structured uids */
    return (mc_uuid_t *)&self->places[(tail >> 40) & (INGEST_RECENT_MAX - 1)];
}

ingest_recent_t *
ingest_recent_new(void)
{
    ingest_recent_t *self = calloc(1, sizeof *self);
    assert(self);
    return self;
}

void
ingest_recent_destroy(ingest_recent_t **address)
{
    free(mc_take(address));
}

bool
ingest_recent_has(const ingest_recent_t *self, mc_uuid_t uid)
{
    return !memcmp(find_place(self, uid), &uid, sizeof uid);
}

void
ingest_recent_add(ingest_recent_t *self, mc_uuid_t uid)
{
    *find_place(self, uid) = uid;
}

void
ingest_recent_remove(ingest_recent_t *self, mc_uuid_t uid)
{
    if (ingest_recent_has(self, uid))
        *find_place(self, uid) = (mc_uuid_t){{0}};
}
