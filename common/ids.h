/*
 *  ids - UUIDs as this product makes and hashes them
 *
 *  How they are read and written is in proto/uuid.h, which comes along.
 */
#ifndef MC_COMMON_IDS_H
#define MC_COMMON_IDS_H

#include "proto/uuid.h"

/* A UUIDv7 of now; ids made by one process in one millisecond still grow. */
mc_uuid_t mc_uuid_new(void);

/* The same UUID for the same bytes, for ever: BLAKE2b-128 with the bits of version 8. */
mc_uuid_t mc_uuid_of(mc_text_t bytes);

#endif
