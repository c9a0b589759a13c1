/*
 *  link - one connection to PostgreSQL, and the question it is busy with
 *
 *  CLOSED -> CONNECTING -> FREE <-> PREPARING -> ASKING <-> COPYING; any failure
 *  leads back to CLOSED, and from there to CONNECTING after a pause that grows.
 *  Who owns the link, the pool or a session, is told when it is free and when it
 *  is lost.
 */
#ifndef MC_COMMON_STORE_LINK_H
#define MC_COMMON_STORE_LINK_H

#include <sys/queue.h>

#include "common/store.h"

#define MC_LINK_PAUSE_MS_MIN 100
#define MC_LINK_PAUSE_MS_MAX 5000
#define MC_LINK_CONNECT_MS_MAX 10000
#define MC_LINK_COPY_BYTES ((size_t)64 << 10) /* given to libpq at once */
#define MC_LINK_SEND_BYTES (4 << 20)          /* asked of the system for a socket's send buffer */

typedef struct mc_link mc_link_t;

typedef enum { MC_QUESTION_PREPARED, MC_QUESTION_ONCE, MC_QUESTION_COPY } mc_question_kind_t;

/* Owns its values, and its text unless that is prepared. */
typedef struct mc_question {
    TAILQ_ENTRY(mc_question) link;
    mc_question_kind_t kind;
    const char *sql;
    mc_text_t data; /* of a COPY; lent */
    mc_store_answer_fn *answer;
    void *arg;
    mc_refusal_t *refusal; /* where it is refused at the end of the turn */
    size_t count;
    const char *values[];
} mc_question_t;

TAILQ_HEAD(mc_questions, mc_question);

mc_question_t *mc_question_new(mc_question_kind_t kind, const char *sql,
                               const mc_store_params_t *params, mc_store_answer_fn *answer,
                               void *arg);
void mc_question_destroy(mc_question_t **address);
/* Calls the answer and destroys the question. */
void mc_question_answer(mc_question_t **address, const PGresult *result,
                        const mc_refusal_t *refusal);

typedef struct {
    void (*on_free)(void *owner, mc_link_t *link); /* up, and nothing to do */
    void (*on_lost)(void *owner, mc_link_t *link); /* or never had */
} mc_link_owner_t;

mc_link_t *mc_link_new(mc_store_t *store, const mc_link_owner_t *calls, void *owner);
void mc_link_destroy(mc_link_t **address);

/* Begins to connect, unless it is or has. */
void mc_link_open(mc_link_t *self);
/* The same after the pause that is due. */
void mc_link_open_later(mc_link_t *self);
void mc_link_close(mc_link_t *self);

bool mc_link_is_closed(const mc_link_t *self); /* and nothing is done about it */
bool mc_link_is_up(const mc_link_t *self);
bool mc_link_is_free(const mc_link_t *self);
/* When it became free, of a free one. */
int64_t mc_link_free_since_us(const mc_link_t *self);

/* Takes the question; the link must be free. */
void mc_link_ask(mc_link_t *self, mc_question_t *question);

/* Gives the socket more of a COPY under way, where it has room; calls nothing back. A failure is
 * found by the next turn. */
void mc_link_push(mc_link_t *self);

/* What links need of the store. */
mc_service_t *mc_store_service(mc_store_t *self);
int mc_store_statement_timeout_ms(const mc_store_t *self);
const char *mc_store_application(const mc_store_t *self);
/* The number of a prepared text, the same for every link. */
size_t mc_store_statement(mc_store_t *self, const char *sql);
/* Refuses the question at the end of the turn; it is taken. */
void mc_store_refuse_late(mc_store_t *self, mc_question_t *question, mc_error_code_t code,
                          const char *format, ...) MC_PRINTF(4, 5);
/* Keeps why connecting failed; NULL when it did not. */
void mc_store_set_reason(mc_store_t *self, const char *reason);

/* audit.c: the lines of the audit log that the database has not yet. Closed before the questions
 * of the store are answered for the last time, destroyed after. */
typedef struct mc_audits mc_audits_t;
mc_audits_t *mc_audits_new(mc_store_t *store);
void mc_audits_close(mc_audits_t *self);
void mc_audits_destroy(mc_audits_t **address);
mc_audits_t *mc_store_audits(mc_store_t *self);

/* connect.c: begins to connect. NULL, with the reason kept, when that failed at once. */
PGconn *mc_link_start_connection(mc_store_t *store);

/* fault.c: what a server's error means. */
void mc_link_read_fault(const PGresult *result, mc_refusal_t *ret_refusal);

#endif
