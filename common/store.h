/*
 *  store - PostgreSQL without waiting: a pool of connections in the service's loop
 *
 *  A question goes to the first free connection, or waits in a bounded queue;
 *  its answer is a callback. Parameters are always bound, as text whose type the
 *  server takes from the statement (write $1::bigint where it cannot know);
 *  results come in binary. Statements are prepared once per connection.
 *
 *  A connection that broke is opened again with growing pauses (100 ms to 5 s).
 *  The questions that were under way on it, those that waited while no other was
 *  up, and every new one until the database is back, are answered store_away. A
 *  change that was under way may have happened or not: repeat only what may run
 *  twice. Resolving a host name in the connection string blocks; give an address
 *  or a socket folder where that matters.
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
#define MC_STORE_QUEUE_MAX 1024     /* questions that wait for a connection; one more is too_busy */
#define MC_STORE_CONNECTIONS_MAX 16 /* of one pool */
#define MC_STORE_STATEMENTS_MAX 256 /* texts that are prepared */

typedef struct {
    int connections;          /* most in the pool; all but one open when needed, and close again */
    int statement_timeout_ms; /* by the server; 0 for none */
    const char *application;  /* shown in pg_stat_activity; a literal */
} mc_store_options_t;

/* Connects to the database of the settings and keeps trying; never fails because it is away. */
mc_store_t *mc_store_new(mc_service_t *service, const mc_store_options_t *options);
/* Open questions are answered store_away, in here; what their answers ask is refused likewise, and
 * without an answer where that does not end. *address is NULL when it is over. Sessions must be
 * gone. */
void mc_store_destroy(mc_store_t **address);

/* True while at least one connection is up. */
bool mc_store_is_up(const mc_store_t *self);
/* Why the last attempt to connect failed, or NULL when it did not; lent until the next. */
const char *mc_store_reason(const mc_store_t *self);

/* Values of one question, in the order of $1, $2... Start with {.arena = arena}. */
typedef struct {
    mc_arena_t *arena; /* where copies go; lent */
    size_t count;
    const char *values[MC_STORE_PARAMS_MAX];
} mc_store_params_t;

void mc_store_param_null(mc_store_params_t *params);
void mc_store_param_text(mc_store_params_t *params, mc_text_t value); /* without NUL */
/* NULL where the text is empty. */
void mc_store_param_text_or_null(mc_store_params_t *params, mc_text_t value);
void mc_store_param_i64(mc_store_params_t *params, int64_t value);
void mc_store_param_f64(mc_store_params_t *params, double value);
void mc_store_param_bool(mc_store_params_t *params, bool value);
void mc_store_param_time(mc_store_params_t *params, int64_t time_us); /* timestamptz */
void mc_store_param_money(mc_store_params_t *params, int64_t nanousd);
void mc_store_param_uuid(mc_store_params_t *params, mc_uuid_t value);
/* Arrays, for unnest($1::text[]) and = any($1). */
void mc_store_param_texts(mc_store_params_t *params, const mc_text_t *values, size_t count);
void mc_store_param_i64s(mc_store_params_t *params, const int64_t *values, size_t count);
/* A field of a record, which must be present, as its column's type. */
void mc_store_param_field(mc_store_params_t *params, const mc_field_t *field, const void *record);
/* The same by number, MC_INDEX_<shape>_<field>; NULL when absent. */
void mc_store_param_member(mc_store_params_t *params, const mc_shape_t *shape, size_t index,
                           const void *record);

/* result is lent during the call, and NULL with a refusal: store_away; deadline_passed for the
 * statement timeout; too_busy for a full queue; internal with the server's message. The SQLSTATE of
 * a server's error is in refusal->field. */
typedef void mc_store_answer_fn(void *arg, const PGresult *result, const mc_refusal_t *refusal);

/* Asks. sql is prepared under its own address: pass a literal or text that stays. params may be
 * NULL. answer is called exactly once, never before this returns. */
void mc_store_ask(mc_store_t *self, const char *sql, const mc_store_params_t *params,
                  mc_store_answer_fn *answer, void *arg);

/* The same for text made at run time: not prepared, copied. */
void mc_store_ask_once(mc_store_t *self, const char *sql, const mc_store_params_t *params,
                       mc_store_answer_fn *answer, void *arg);

/* Reads row of a result into a record: columns are found by name, unknown ones skipped, NULL is
 * absent. Texts go to the arena. Returns 0, or -1 when a column has a type its field cannot hold.
 */
MC_CHECKED int mc_store_read(const PGresult *result, int row, const mc_shape_t *shape,
                             mc_arena_t *arena, void *ret_record);
/* All rows, as records in the arena. */
MC_CHECKED int mc_store_read_all(const PGresult *result, const mc_shape_t *shape, mc_arena_t *arena,
                                 mc_list_t *ret_records);

/* Single values; zero, false or empty for NULL and for a type of another kind. */
int64_t mc_store_i64(const PGresult *result, int row, int column); /* any integer, numeric */
double mc_store_f64(const PGresult *result, int row, int column);  /* any number */
bool mc_store_bool(const PGresult *result, int row, int column);
int64_t mc_store_time(const PGresult *result, int row, int column); /* us since 1970 */
mc_uuid_t mc_store_uuid(const PGresult *result, int row, int column);
mc_text_t mc_store_text(const PGresult *result, int row, int column); /* lent by the result */

/* A connection of one's own, for transactions and COPY: one step at a time, the next one from the
 * answer of the last. It opens at once and stays open.
 *
 * After a step that the server refused, a transaction is broken: the next step must be ROLLBACK.
 * After store_away the transaction is gone with its connection: begin again with BEGIN. */
typedef struct mc_store_session mc_store_session_t;
mc_store_session_t *mc_store_session_new(mc_store_t *self);
/* A step under way is answered store_away at the end of the turn. */
void mc_store_session_destroy(mc_store_session_t **address);
bool mc_store_session_is_up(const mc_store_session_t *self);

/* Asks as mc_store_ask does; the session is free again when answer is called. */
void mc_store_session_ask(mc_store_session_t *self, const char *sql,
                          const mc_store_params_t *params, mc_store_answer_fn *answer, void *arg);
void mc_store_session_ask_once(mc_store_session_t *self, const char *sql,
                               const mc_store_params_t *params, mc_store_answer_fn *answer,
                               void *arg);
/* COPY ... FROM STDIN: data is lent until the answer. sql is copied. */
void mc_store_session_copy(mc_store_session_t *self, const char *sql, mc_text_t data,
                           mc_store_answer_fn *answer, void *arg);
/* Gives the server more of a COPY under way. For a turn of the loop that takes long: without it the
 * server waits until the turn is over. Calls nothing back. */
void mc_store_session_push(mc_store_session_t *self);

#endif
