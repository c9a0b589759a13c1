/*
 *  ingest_store - every question that ingest asks of PostgreSQL
 */
#ifndef INGEST_STORE_H
#define INGEST_STORE_H

#include "common/store.h"

/* Temporary tables of a session, one statement each, NULL at the end; harmless to repeat. */
extern const char *const ingest_sql_prepare_session[];

/* $1 text[] of task ids, $2 uuid[] and $3 bigint[] of events and their times -> asked, tier, top,
 * is_cycle of each task that is known; stored, the rest NULL, of each event that is stored already
 * without a root */
extern const char ingest_sql_find_roots[];

extern const char ingest_sql_begin[];
extern const char ingest_sql_commit[];
extern const char ingest_sql_rollback[];

/* $1 how many ids -> last_id after */
extern const char ingest_sql_take_ids[];

extern const char ingest_sql_copy_events[];
extern const char ingest_sql_copy_staged[];
/* $1 first id: stores what is not there yet -> id of each that was */
extern const char ingest_sql_store_staged[];

extern const char ingest_sql_copy_changes[];
/* $1 bigint[] of blocks, $2 text[] of their signatures, $3 and $4 bigint[] of the first and last
 * time in each: adds to what is known of blocks, roots and runs -> the runs as they are then */
extern const char ingest_sql_store_changes[];

extern const char ingest_sql_copy_quarantined[];
extern const char ingest_sql_store_quarantined[];

/* $1 text[] of roots -> trace_id, root_task_id of those that are traces which were joined to one */
extern const char ingest_sql_find_traces[];

/* $1 and $2 the last id before the window and of it: notes what the questions below are about, the
 * runs and spans that this transaction touched. */
extern const char ingest_sql_note_touched[];

/* Traces without a session one of whose runs, or the run above it, is known under another root
 * -> trace, root */
extern const char ingest_sql_find_joins[];
/* $1 trace, $2 root: everything of the trace is of the root, now and later */
extern const char ingest_sql_join_events[];
extern const char ingest_sql_join_runs[];
extern const char ingest_sql_join_root[];
extern const char ingest_sql_keep_join[];

/* Runs that only steps are known of, named after a span that is itself a part of another run
 * -> root, old, new */
extern const char ingest_sql_find_moves[];
/* $1 root, $2 old run, $3 new run: joins the old run to the new one */
extern const char ingest_sql_move_events[];
extern const char ingest_sql_move_run[];
/* A run started from inside a step is below the run of that step */
extern const char ingest_sql_find_parents[];

/* Tiers of runs that told none, by how deep they are nested; usage below runs */
extern const char ingest_sql_derive_tiers[];
extern const char ingest_sql_derive_usage[];
/* -> the runs that this transaction changed, as they are now */
extern const char ingest_sql_read_runs[];

/* Names of the partitions there are. */
extern const char ingest_sql_list_partitions[];
/* The statement that makes the partition of a day (days since 1970). The caller frees it. */
char *ingest_sql_make_partition(int64_t day);

#endif
