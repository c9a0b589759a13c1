/*
 *  slots - where calls are while they are under way
 */
#include "slots.h"

#include <endian.h>

#define FIRST_SLOTS 64

static size_t
find_slot(mc_bus_t *self)
{
    if (self->calls_count == self->calls_capacity) {
        size_t capacity = self->calls_capacity ? self->calls_capacity * 2 : FIRST_SLOTS;
        self->calls = realloc(self->calls, capacity * sizeof *self->calls);
        if (!self->calls)
            mc_fatal("out of memory");
        memset(self->calls + self->calls_capacity, 0,
               (capacity - self->calls_capacity) * sizeof *self->calls);
        self->next_slot = self->calls_capacity;
        self->calls_capacity = capacity;
    }
    while (self->calls[self->next_slot % self->calls_capacity])
        self->next_slot++;
    return self->next_slot++ % self->calls_capacity;
}

mc_bus_call_t *
mc_bus_slot_take(mc_bus_t *self, uint16_t tag, mc_bus_answer_fn *answer, void *arg)
{
    mc_bus_call_t *call = calloc(1, sizeof *call);
    if (!call)
        mc_fatal("out of memory");
    *call = (mc_bus_call_t){.slot = find_slot(self), .tag = tag, .answer = answer, .arg = arg};
    uint32_t serial = htobe32(++self->serial), slot = htobe32((uint32_t)call->slot);
    memcpy(call->id, self->epoch, MC_BUS_SERIAL_AT);
    memcpy(call->id + MC_BUS_SERIAL_AT, &serial, sizeof serial);
    memcpy(call->id + MC_BUS_SERIAL_AT + sizeof serial, &slot, sizeof slot);
    self->calls[call->slot] = call;
    self->calls_count++;
    mc_bus_count(self, MC_BUS_METRIC_calls, 1);
    return call;
}

mc_bus_call_t *
mc_bus_slot_find(const mc_bus_t *self, const uint8_t id[MC_BUS_ID_BYTES])
{
    uint32_t slot;
    memcpy(&slot, id + MC_BUS_ID_BYTES - sizeof slot, sizeof slot);
    slot = be32toh(slot);
    mc_bus_call_t *call = slot < self->calls_capacity ? self->calls[slot] : NULL;
    return call && !memcmp(call->id, id, MC_BUS_ID_BYTES) ? call : NULL;
}

void
mc_bus_slot_stop_waiting(mc_bus_call_t *call)
{
    if (!call->is_waiting)
        return;
    call->is_waiting = false;
    call->group->waiting--;
    call->group->waiting_bytes -= call->bytes;
}

void
mc_bus_slot_leave_peer(mc_bus_call_t *call)
{
    if (!call->peer)
        return;
    call->peer->calls--;
    call->peer->calls_bytes -= call->bytes;
    call->peer = NULL;
}

void
mc_bus_slot_free(mc_bus_t *self, mc_bus_call_t *call)
{
    mc_bus_slot_stop_waiting(call);
    mc_bus_slot_leave_peer(call);
    self->calls[call->slot] = NULL;
    self->calls_count--;
    mc_bus_clear_body(&call->body, call->tag);
    free(call);
}
