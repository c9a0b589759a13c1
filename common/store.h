/*
 *  store - PostgreSQL without waiting: a pool of connections in the service's loop
 *
 *  A question goes to the first free connection, or waits in a bounded queue;
 *  its answer is a callback. Parameters are always bound, results binary or
 *  text as asked. A connection that broke is opened again with growing pauses
 *  (100 ms to 5 s); questions under way then fail with store_away, which the
 *  caller may repeat. Statements are prepared once per connection by name.
 */
#ifndef MC_COMMON_STORE_H
#define MC_COMMON_STORE_H

#include <libpq-fe.h>

#include "proto/arena.h"
#include "proto/buffer.h"
#include "proto/proto.h"

typedef struct mc_service mc_service_t;
typedef struct mc_store mc_store_t;

#define MC_STORE_PARAMS_MAX 48
#define MC_STORE_QUEUE_MAX 1024 /* questions that wait for a connection; one more is too_busy */

typedef struct {
    int connections;          /* in the pool */
    int statement_timeout_ms; /* by the server; 0 for none */
    const char *application;  /* shown in pg_stat_activity */
} mc_store_options_t;

/* Opens lazily and keeps trying; never fails because the database is away. */
mc_store_t *mc_store_new(mc_service_t *service, const mc_store_options_t *options);
void mc_store_destroy(mc_store_t **address);

/* True while at least one connection is up. */
bool mc_store_is_up(const mc_store_t *self);

/* Values of one question, in the order of $1, $2... Text is copied. */
typedef struct {
    size_t count;
    mc_arena_t *arena; /* where copies go; lent */
    const char *values[MC_STORE_PARAMS_MAX];
    int lengths[MC_STORE_PARAMS_MAX];
    int formats[MC_STORE_PARAMS_MAX]; /* 0 text, 1 binary */
} mc_store_params_t;

void mc_store_param_null(mc_store_params_t *params);
void mc_store_param_text(mc_store_params_t *params, mc_text_t value);
void mc_store_param_i64(mc_store_params_t *params, int64_t value);
void mc_store_param_f64(mc_store_params_t *params, double value);
void mc_store_param_bool(mc_store_params_t *params, bool value);
void mc_store_param_time(mc_store_params_t *params, int64_t time_us); /* timestamptz */
void mc_store_param_uuid(mc_store_params_t *params, mc_uuid_t value);
/* A field of a record as its column's type; NULL when absent. */
void mc_store_param_field(mc_store_params_t *params, const mc_field_t *field, const void *record);

/* result is lent during the call and NULL with a refusal (store_away, internal with the server's
 * message, deadline_passed for the statement timeout). */
typedef void mc_store_answer_fn(void *arg, const PGresult *result, const mc_refusal_t *refusal);

/* Asks. sql is prepared under its own address: pass a literal or text that stays. Results come in
 * binary. answer is called exactly once, never before this returns. */
void mc_store_ask(mc_store_t *self, const char *sql, const mc_store_params_t *params,
                  mc_store_answer_fn *answer, void *arg);

/* The same for text made at run time: not prepared, copied. */
void mc_store_ask_once(mc_store_t *self, const char *sql, const mc_store_params_t *params,
                       mc_store_answer_fn *answer, void *arg);

/* Reads row of a binary result into a record: columns are found by name, unknown ones skipped.
 * Texts go to the arena. Returns 0, or -1 when a column has a type its field cannot hold. */
MC_CHECKED int mc_store_read(const PGresult *result, int row, const mc_shape_t *shape,
                             mc_arena_t *arena, void *ret_record);
/* All rows, as records in the arena. */
MC_CHECKED int mc_store_read_all(const PGresult *result, const mc_shape_t *shape, mc_arena_t *arena,
                                 mc_list_t *ret_records);
int64_t mc_store_i64(const PGresult *result, int row, int column);
mc_text_t mc_store_text(const PGresult *result, int row, int column);

/* A connection of one's own for transactions and COPY, as a script of steps run one after the
 * other; a failed step rolls back and the rest is skipped. */
typedef struct mc_store_session mc_store_session_t;
mc_store_session_t *mc_store_session_new(mc_store_t *self);
void mc_store_session_destroy(mc_store_session_t **address);
bool mc_store_session_is_up(const mc_store_session_t *self);

/* Called with the step's last result, or with a refusal; then the connection is free for the next
 * step. sqlstate of a server error is in refusal->field. */
void mc_store_session_ask(mc_store_session_t *self, const char *sql,
                          const mc_store_params_t *params, mc_store_answer_fn *answer, void *arg);
/* COPY ... FROM STDIN (FORMAT binary): data is lent until the answer. */
void mc_store_session_copy(mc_store_session_t *self, const char *sql, mc_text_t data,
                           mc_store_answer_fn *answer, void *arg);

#endif
