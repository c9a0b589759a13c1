/*
 *  http_client - asking other HTTP servers, in a service's own loop
 *
 *  libcurl with its sockets in an epoll set of their own. Connections are kept
 *  and used again. Redirects are not followed. What one turn of the loop brings
 *  of a streamed answer is handed over at once, 64 KiB at most; then it waits.
 *
 *  Bounds: 256 calls under way unless told otherwise, one more fails; every
 *  answer has a limit; every call has a time limit unless it says otherwise.
 *  What a call had in memory is wiped when it is given back: headers may hold
 *  keys.
 */
#ifndef MC_COMMON_HTTP_CLIENT_H
#define MC_COMMON_HTTP_CLIENT_H

#include "proto/buffer.h"

typedef struct mc_service mc_service_t;
typedef struct mc_http_client mc_http_client_t;
typedef struct mc_http_call mc_http_call_t;

#define MC_HTTP_CALLS_MAX 256
#define MC_HTTP_CONNECT_MS 5000
#define MC_HTTP_CALL_MS 30000
#define MC_HTTP_ANSWER_BYTES_MAX ((size_t)1 << 20)
#define MC_HTTP_PIECE_BYTES ((size_t)64 << 10)

typedef struct {
    int status;
    mc_text_t content_type;
    int retry_after_s; /* 0 when it does not say */
    mc_text_t body;    /* empty where pieces were handed over */
    mc_http_call_t *call;
} mc_http_reply_t;

/* The whole answer, whatever its status; or NULL and the reason why there is none. Both are lent
 * during the call; then the call is gone. */
typedef void mc_http_done_fn(void *arg, const mc_http_reply_t *reply, const char *reason);

/* A piece of an answer that is streamed, lent during the call. Its call may be held, and others
 * asked and ended. */
typedef void mc_http_piece_fn(void *arg, mc_text_t piece);

typedef struct {
    const char *method;         /* NULL: GET, or POST where there is a body */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", ends in NULL; NULL for none */
    mc_text_t body;             /* copied, unless it is lent */
    bool is_body_lent;          /* until the call is done or cancelled */
    int connect_timeout_ms;     /* 0: MC_HTTP_CONNECT_MS */
    int timeout_ms;             /* of the whole call; 0: MC_HTTP_CALL_MS, -1: none */
    int silence_timeout_s;      /* ends a call that brings nothing for so long; 0: none */
    size_t answer_bytes_max;    /* 0: MC_HTTP_ANSWER_BYTES_MAX; a streamed one has no limit */
    mc_http_piece_fn *piece;    /* NULL: the answer is collected */
} mc_http_question_t;

mc_http_client_t *mc_http_client_new(mc_service_t *service);
/* Other bounds: calls under way, and connections that are kept when idle. */
void mc_http_client_limit(mc_http_client_t *self, size_t calls_max, size_t kept_connections);
/* Calls under way are done, without an answer, in here, and so are those that are begun meanwhile,
 * if that ends. *address is NULL when it is over. */
void mc_http_client_destroy(mc_http_client_t **address);

/* Asks. Everything in question is copied. done is called exactly once, never before this returns.
 * The call is lent until then. */
mc_http_call_t *mc_http_client_ask(mc_http_client_t *self, const mc_http_question_t *question,
                                   mc_http_done_fn *done, void *arg);
/* Ends a call; done is not called, nor another piece. */
void mc_http_client_cancel(mc_http_client_t *self, mc_http_call_t *call);

/* Hands over no more pieces of a streamed answer, and after one more takes nothing from its
 * connection, until told to go on. */
void mc_http_client_hold(mc_http_client_t *self, mc_http_call_t *call);
void mc_http_client_go_on(mc_http_client_t *self, mc_http_call_t *call);

/* What came has a secret in it: nothing that libcurl keeps for later calls is kept of this one. */
void mc_http_call_spoil(mc_http_call_t *call);

/* What is known of the answer by now, without its body: from the first piece on it is all. */
mc_http_reply_t mc_http_call_reply(mc_http_call_t *call);

/* A header of the answer, lent by the reply; empty when it has none. */
mc_text_t mc_http_reply_header(const mc_http_reply_t *reply, const char *name);

/* Every header in turn: void *at = NULL;
 * while (mc_http_reply_next_header(reply, &at, &name, &value)). */
bool mc_http_reply_next_header(const mc_http_reply_t *reply, void **at, mc_text_t *ret_name,
                               mc_text_t *ret_value);

#endif
