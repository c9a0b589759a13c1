/*
 *  ids - UUIDs as this product makes, hashes, reads and writes them
 */
#ifndef MC_COMMON_IDS_H
#define MC_COMMON_IDS_H

#include "proto/base.h"

/* A UUIDv7 of now; ids made by one process in one millisecond still grow. */
mc_uuid_t mc_uuid_new(void);

/* The same UUID for the same bytes, for ever: BLAKE2b-128 with the bits of version 8. */
mc_uuid_t mc_uuid_of(mc_text_t bytes);

/* 36 lower-case characters and a NUL. */
void mc_uuid_print(mc_uuid_t uuid, char ret_text[MC_UUID_TEXT_SIZE]);

/* Reads the 36-character form, or 32 hex digits, in any case. Returns 0 or MC_REFUSED. */
MC_CHECKED int mc_uuid_read(mc_text_t text, mc_uuid_t *ret_uuid);

bool mc_uuid_is_zero(mc_uuid_t uuid);

#endif
