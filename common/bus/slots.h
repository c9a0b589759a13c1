/*
 *  slots - where calls are while they are under way
 *
 *  The id of a call is 8 bytes of our epoch, a serial and the slot: an answer
 *  finds its call at once, and one that comes late, or was meant for a process
 *  before this one, finds none.
 */
#ifndef MC_COMMON_BUS_SLOTS_H
#define MC_COMMON_BUS_SLOTS_H

#include "parts.h"

#define MC_BUS_SERIAL_AT 8 /* in the id, behind the bytes of the epoch */

struct mc_bus_call {
    uint8_t id[MC_BUS_ID_BYTES];
    size_t slot;
    uint16_t tag;
    mc_bus_group_t *group;
    mc_bus_peer_t *peer; /* NULL: not sent */
    bool is_waiting;     /* for the first connection of the group */
    bool is_doomed;
    mc_refusal_t refusal; /* of a doomed one */
    int64_t deadline_us;
    mc_buffer_t body; /* until it is sent */
    size_t bytes;
    mc_bus_answer_fn *answer;
    void *arg;
};

/* A new call in a free slot. */
mc_bus_call_t *mc_bus_slot_take(mc_bus_t *self, uint16_t tag, mc_bus_answer_fn *answer, void *arg);

/* The call of that id, or NULL. */
mc_bus_call_t *mc_bus_slot_find(const mc_bus_t *self, const uint8_t id[MC_BUS_ID_BYTES]);

/* It no longer waits for a connection; it is no longer under way to its peer. */
void mc_bus_slot_stop_waiting(mc_bus_call_t *call);
void mc_bus_slot_leave_peer(mc_bus_call_t *call);

/* Takes the call out of everything and frees it. */
void mc_bus_slot_free(mc_bus_t *self, mc_bus_call_t *call);

#endif
