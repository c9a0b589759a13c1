/*
 *  uuid - UUIDs as text
 */
#ifndef MC_UUID_H
#define MC_UUID_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 36 lower-case characters and a NUL. */
void mc_uuid_print(mc_uuid_t uuid, char ret_text[MC_UUID_TEXT_SIZE]);

/* Reads the 36-character form, or 32 hex digits, in any case. Returns 0 or MC_REFUSED. */
MC_CHECKED int mc_uuid_read(mc_text_t text, mc_uuid_t *ret_uuid);

bool mc_uuid_is_zero(mc_uuid_t uuid);

#ifdef __cplusplus
}
#endif
#endif
