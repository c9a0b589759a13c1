/*
 *  partitions - a table for each day (UTC), made before its first event
 *
 *  From the oldest day that is taken to some days ahead. Which exist is known
 *  here, so the writer sees a missing one before PostgreSQL refuses a row.
 */
#ifndef INGEST_PARTITIONS_H
#define INGEST_PARTITIONS_H

#include "services/ingest/ingest.h"

#define INGEST_PARTITION_DAYS_AHEAD 3
#define INGEST_PARTITION_DAYS_MAX 512 /* remembered, around today */

typedef struct ingest_partitions ingest_partitions_t;

ingest_partitions_t *ingest_partitions_new(ingest_t *ingest);
void ingest_partitions_destroy(ingest_partitions_t **address);

/* Makes what is missing, one after the other; ready is called when a day was made. */
void ingest_partitions_keep(ingest_partitions_t *self);

bool ingest_partitions_has(const ingest_partitions_t *self, int64_t time_us);

/* Forgets what is known, when PostgreSQL says otherwise. */
void ingest_partitions_forget(ingest_partitions_t *self);

#endif
