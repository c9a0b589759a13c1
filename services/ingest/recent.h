/*
 *  recent - uids acknowledged lately, to recognise a resend at the door
 *
 *  Only a shortcut: what it has forgotten is recognised by PostgreSQL.
 */
#ifndef INGEST_RECENT_H
#define INGEST_RECENT_H

#include "proto/base.h"

#define INGEST_RECENT_MAX 131072 /* uids that are remembered, 2 MiB; a power of two */

typedef struct ingest_recent ingest_recent_t;

ingest_recent_t *ingest_recent_new(void);
void ingest_recent_destroy(ingest_recent_t **address);
bool ingest_recent_has(const ingest_recent_t *self, mc_uuid_t uid);
void ingest_recent_add(ingest_recent_t *self, mc_uuid_t uid);
/* Takes back what was added but not made durable. */
void ingest_recent_remove(ingest_recent_t *self, mc_uuid_t uid);

#endif
