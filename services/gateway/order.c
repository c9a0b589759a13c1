/*
 *  order - batches of several publishers, put into the order of their ids
 */
#include "order.h"

void
gateway_order_init(gateway_order_t *self, size_t bytes_max)
{
    memset(self, 0, sizeof *self);
    self->bytes_max = bytes_max;
}

static gateway_batch_t
take_at(gateway_order_t *self, size_t index)
{
    gateway_batch_t batch = self->held[index];
    self->bytes -= batch.frames.size;
    self->count--;
    memmove(&self->held[index], &self->held[index + 1], (self->count - index) * sizeof *self->held);
    return batch;
}

static void
drop_at(gateway_order_t *self, size_t index)
{
    gateway_batch_t batch = take_at(self, index);
    mc_buffer_clear(&batch.frames);
}

void
gateway_order_clear(gateway_order_t *self)
{
    while (self->count)
        drop_at(self, self->count - 1);
}

/* Drops from the front what ends where we are or before. */
static void
drop_old(gateway_order_t *self)
{
    for (size_t i = self->count; i-- > 0;)
        if (self->held[i].last <= self->at)
            drop_at(self, i);
}

void
gateway_order_start(gateway_order_t *self, int64_t at)
{
    self->at = at;
    drop_old(self);
}

int
gateway_order_put(gateway_order_t *self, gateway_batch_t *batch)
{
    gateway_batch_t taken = *batch;
    batch->frames = (mc_buffer_t){0};
    if (taken.last <= self->at) {
        mc_buffer_clear(&taken.frames);
        return GATEWAY_ORDER_OLD;
    }
    /* The next in order is given out at once, however large it is. */
    bool must_wait = taken.after > self->at;
    if (must_wait &&
        (self->count >= GATEWAY_HELD_MAX || self->bytes + taken.frames.size > self->bytes_max)) {
        mc_buffer_clear(&taken.frames);
        gateway_order_clear(self);
        return GATEWAY_ORDER_FULL;
    }
    size_t place = self->count;
    while (place > 0 && self->held[place - 1].after > taken.after)
        place--;
    memmove(&self->held[place + 1], &self->held[place], (self->count - place) * sizeof *self->held);
    self->held[place] = taken;
    self->count++;
    self->bytes += taken.frames.size;
    return 0;
}

bool
gateway_order_next(gateway_order_t *self, gateway_batch_t *ret_batch, int64_t *ret_seen)
{
    drop_old(self);
    if (self->count == 0 || self->held[0].after > self->at)
        return false;
    *ret_batch = take_at(self, 0);
    *ret_seen = self->at;
    self->at = ret_batch->last;
    return true;
}

bool
gateway_order_gap(const gateway_order_t *self, int64_t now_us, int64_t min_age_us,
                  int64_t *ret_after, int64_t *ret_upto)
{
    if (self->count == 0 || self->held[0].after <= self->at ||
        now_us - self->held[0].since_us < min_age_us)
        return false;
    *ret_after = self->at;
    *ret_upto = self->held[0].after;
    return true;
}
