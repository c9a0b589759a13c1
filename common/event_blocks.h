/*
 *  event_blocks - which values occur in a block of events, as a signature of bits
 *
 *  Ids are parted into blocks of MC_EVENT_BLOCK_IDS. Each value that a field of an
 *  event can be searched by sets a few bits of its block's signature, at places
 *  that follow from the field and the value. A block without all bits of a value
 *  has no event with it; one with them may have. So a search for what is rare
 *  looks into few blocks, whatever it combines.
 *
 *  Signatures are stored: the places of a value may never change.
 */
#ifndef MC_COMMON_EVENT_BLOCKS_H
#define MC_COMMON_EVENT_BLOCKS_H

#include "proto/proto.h"

#define MC_EVENT_BLOCK_IDS 1024

/* Some 700 values (of 1,024 events with 400 agents at work) set a sixth of these bits, so that one
 * block in a thousand is looked into in vain. */
#define MC_EVENT_BLOCK_BITS 16384
#define MC_EVENT_BLOCK_PLACES 4 /* bits that a value sets */

typedef struct {
    uint8_t bytes[MC_EVENT_BLOCK_BITS / 8]; /* place 0 is the highest bit of the first byte */
} mc_event_block_t;

static inline int64_t
mc_event_block_of(int64_t id)
{
    return id / MC_EVENT_BLOCK_IDS;
}

/* A field with places in the signature: where it is in an event, and in a query. */
typedef struct {
    size_t event;
    size_t query;
} mc_event_block_field_t;

#define MC_EVENT_BLOCK_FIELDS 11
extern const mc_event_block_field_t mc_event_block_fields[MC_EVENT_BLOCK_FIELDS];

/* The places of a value of the field: an index of the array above. */
void mc_event_block_places(size_t field, mc_text_t value,
                           uint32_t ret_places[MC_EVENT_BLOCK_PLACES]);

/* Sets the bits of all values of an event. */
void mc_event_block_add(mc_event_block_t *self, const mc_agent_event_t *event);

#endif
