/*
 *  redact_places - where something was masked, and what it was like, but not what it was
 *
 *      places = mc_redact_places_new(key);
 *      mc_redact_collect(redact, places);       from now on
 *      mc_redact_json(redact, ...);             fills places anew
 *      mc_redact_places_count, mc_redact_places_at
 *
 *  A place is a JSON pointer (RFC 6901); what lies in a document in a string comes behind a #,
 *  and a name that holds a secret is in it as it was masked. In plain text it is empty. The
 *  fingerprint is keyed, HMAC-SHA256 cut to 16 bytes: the same secret has the same one wherever
 *  the key is the same, and nobody without the key can try secrets against it.
 */
#ifndef MC_REDACT_PLACES_H
#define MC_REDACT_PLACES_H

#include "proto/base.h"

#define MC_REDACT_PLACES_MAX 1000 /* of one text or document; more are counted only */
#define MC_REDACT_POINTER_BYTES_MAX 1024
#define MC_REDACT_KEY_BYTES 32
#define MC_REDACT_FINGERPRINT_BYTES 16

typedef struct mc_redact_places mc_redact_places_t;

typedef struct {
    mc_text_t pointer; /* cut at MC_REDACT_POINTER_BYTES_MAX */
    const char *rule;
    size_t size; /* bytes that were masked */
    unsigned char fingerprint[MC_REDACT_FINGERPRINT_BYTES];
} mc_redact_place_t;

/* The key is copied. */
mc_redact_places_t *mc_redact_places_new(const unsigned char key[MC_REDACT_KEY_BYTES]);
void mc_redact_places_destroy(mc_redact_places_t **address);

/* Those of the last call; valid until the next one. */
size_t mc_redact_places_count(const mc_redact_places_t *self);
const mc_redact_place_t *mc_redact_places_at(const mc_redact_places_t *self, size_t index);
/* That there was no room for. */
size_t mc_redact_places_more(const mc_redact_places_t *self);

/* For the redactor. Each takes NULL, and does nothing then. */
void mc_redact_places_reset(mc_redact_places_t *self);
void mc_redact_places_add(mc_redact_places_t *self, const char *rule, mc_text_t secret);
/* One step down: a member, an item, a document in a string; returns what leaving takes. */
size_t mc_redact_places_enter(mc_redact_places_t *self, mc_text_t key);
size_t mc_redact_places_enter_item(mc_redact_places_t *self, size_t index);
size_t mc_redact_places_enter_text(mc_redact_places_t *self);
void mc_redact_places_leave(mc_redact_places_t *self, size_t before);

#endif
