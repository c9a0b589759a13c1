/*
 *  partitions - a table for each day (UTC), made before its first event
 */
#include "services/ingest/partitions.h"

#include <stdlib.h>

#include "common/clock.h"
#include "services/ingest/ingest_store.h"
#include "services/ingest/writer.h"

struct ingest_partitions {
    ingest_t *ingest;
    int64_t base_day; /* of the first place */
    bool is_there[INGEST_PARTITION_DAYS_MAX];
    bool is_busy; /* a statement is under way */
    bool is_warned;
    int64_t making_day;
};

static int64_t
day_of(int64_t time_us)
{
    return time_us / MC_DAY_US - (time_us % MC_DAY_US < 0);
}

ingest_partitions_t *
ingest_partitions_new(ingest_t *ingest)
{
    ingest_partitions_t *self = calloc(1, sizeof *self);
    assert(self);
    self->ingest = ingest;
    self->base_day = day_of(mc_clock_us()) - INGEST_PARTITION_DAYS_MAX / 2 - 128;
    return self;
}

void
ingest_partitions_destroy(ingest_partitions_t **address)
{
    free(mc_take(address));
}

static bool *
place_of(ingest_partitions_t *self, int64_t day)
{
    int64_t place = day - self->base_day;
    return place >= 0 && place < INGEST_PARTITION_DAYS_MAX ? &self->is_there[place] : NULL;
}

bool
ingest_partitions_has(const ingest_partitions_t *self, int64_t time_us)
{
    bool *place = place_of((ingest_partitions_t *)self, day_of(time_us));
    return place && *place;
}

void
ingest_partitions_forget(ingest_partitions_t *self)
{
    memset(self->is_there, 0, sizeof self->is_there);
}

/* The first day of the window that is missing; false when none is. */
static bool
find_missing(ingest_partitions_t *self, int64_t *ret_day)
{
    int64_t now_us = mc_clock_us();
    int64_t last = day_of(now_us) + INGEST_PARTITION_DAYS_AHEAD;
    for (int64_t day = last; day >= day_of(ingest_oldest_us(self->ingest, now_us)); day--) {
        bool *place = place_of(self, day);
        if (place && !*place) {
            *ret_day = day;
            return true;
        }
    }
    return false;
}

static void
measure(ingest_partitions_t *self)
{
    int64_t today = day_of(mc_clock_us());
    int64_t ahead = 0;
    for (int64_t day = today + 1; day <= today + INGEST_PARTITION_DAYS_AHEAD; day++)
        ahead += ingest_partitions_has(self, day * MC_DAY_US);
    mc_metrics_set(self->ingest->metrics, INGEST_METRIC_partitions_ahead, ahead);
}

/* Several ingest processes make the same days: relation exists, or its name in the catalogue. */
static bool
is_made_by_another(const mc_refusal_t *refusal)
{
    return !strcmp(refusal->field, "42P07") || !strcmp(refusal->field, "23505");
}

static void
on_made(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    ingest_partitions_t *self = arg;
    (void)result;
    self->is_busy = false;
    if (!self->ingest->store) /* it is being destroyed */
        return;
    if (refusal && !is_made_by_another(refusal)) {
        if (!self->is_warned)
            mc_log(&ingest_log_partitions_missing, "reason=%s", refusal->message);
        self->is_warned = true;
        return;
    }
    self->is_warned = false;
    bool *place = place_of(self, self->making_day);
    if (place)
        *place = true;
    measure(self);
    ingest_writer_wake(self->ingest->writer);
    ingest_partitions_keep(self);
}

void
ingest_partitions_keep(ingest_partitions_t *self)
{
    int64_t day;
    if (self->is_busy || !find_missing(self, &day))
        return;
    char *sql = ingest_sql_make_partition(day);
    self->is_busy = true;
    self->making_day = day;
    mc_store_ask_once(self->ingest->store, sql, NULL, on_made, self);
    free(sql);
}
