/*
 *  call - one model call of a client, from its request to the last byte of its answer
 *
 *      scanned -> admitted -> decided -> attempt -> (attempt ...) -> answered, or streamed to its
 * end
 *
 *  An attempt is one request to one provider. As long as nothing of an answer has
 *  gone out to the client, a failed one may be followed by another. The boundary
 *  is asked before the decision and before each attempt; while the call is held
 *  there, the client's stream may begin with comments. The call lives until the
 *  client has everything, or has left.
 */
#ifndef ROUTER_CALL_H
#define ROUTER_CALL_H

#include "common/ids.h"
#include "common/sse.h"
#include "services/router/admission.h"
#include "services/router/fault.h"
#include "services/router/identity.h"
#include "services/router/request_scan.h"
#include "services/router/router.h"
#include "services/router/spending.h"
#include "services/router/translate.h"
#include "services/router/watch.h"

#define ROUTER_HEADERS_MAX 32                /* sent to a provider */
#define ROUTER_MARK_BYTES ((size_t)64 << 10) /* of a stream that wait for the client to read */
#define ROUTER_PATH_BYTES_MAX 512

typedef struct {
    const router_model_t *model;
    int64_t secret_version;            /* of the key that was sent; 0: none was */
    router_dialect_t dialect;          /* that the provider speaks */
    router_translation_t *translation; /* NULL where both speak the same */
    mc_http_call_t *http;              /* NULL when it is over */
    int64_t output_max;                /* tokens of one choice that it may answer with */
    mc_buffer_t body;                  /* of the request, as it was sent */
    mc_buffer_t answer;                /* as far as it is not a stream */
    size_t collected_bytes;            /* of it, counted among those of the router */
    bool is_probe;
    bool is_stream;  /* the answer is server-sent events */
    bool must_strip; /* usage that the client did not ask for */
    bool is_held;
    bool has_error_frame; /* the provider broke off with an error of its own */
    char fault[256];      /* found inside a frame, acted on behind it; empty: none */
    mc_sse_t sse;
    router_watch_t watch;
    int64_t began_us; /* these are of the steady clock; 0 when not yet */
    int64_t first_byte_us;
    int64_t first_content_us;
    int64_t last_byte_us;
    int64_t window_us; /* of the guard against slow streams */
    size_t window_bytes;
} router_attempt_t;

typedef struct {
    const char *name;
    const char *value;
} router_header_t;

/* How the last attempt failed. */
typedef struct {
    router_verdict_t verdict;
    int status; /* 0: there was no answer */
    bool is_timeout;
    router_error_t error; /* in the dialect of the client */
    mc_text_t body;       /* as it came, where it may be passed on as it is; in the arena */
    const char *content_type;
} router_failure_t;

struct router_call {
    LIST_ENTRY(router_call) link;
    router_t *router;
    mc_arena_t *arena;
    router_dialect_t dialect;
    mc_http_request_t *request; /* NULL once it is answered, or the client has left */
    mc_http_stream_t *stream;   /* NULL unless it is being streamed */
    bool is_committed;          /* something of an attempt has gone out into it */
    mc_uuid_t uid;
    char id[MC_UUID_TEXT_SIZE];
    int64_t began_us;    /* steady */
    int64_t began_at_us; /* wall clock */
    router_identity_t identity;
    router_request_scan_t scan;
    router_need_t need;
    const router_registry_t *registry;
    router_decision_t decision;
    bool has_decision;
    bool is_told;    /* the start event was made */
    int64_t held_us; /* steady, since when the boundary holds it; 0: it does not */
    int64_t commented_us;
    int64_t waited_us; /* in all, which its deadlines leave out */
    router_admission_t admission;
    router_spending_t spending;
    bool is_grace;                             /* a summary: may use the grace tokens */
    const char *forwarded[ROUTER_HEADERS_MAX]; /* headers of the client for the provider */
    size_t forwarded_count;
    bool has_version; /* the client sent anthropic-version */

    router_header_t kept[ROUTER_HEADERS_MAX]; /* headers of the provider for the client */
    size_t kept_count;

    size_t rank; /* of the candidate that is tried */
    size_t attempts;
    int backoff_timer; /* 0: none */
    router_attempt_t attempt;
    router_failure_t failure;
    bool is_recorded; /* the end event was made */
    int64_t progress_us;

    mc_buffer_t out; /* of a stream, for the client */
    size_t out_at;
    bool is_over;   /* nothing more comes */
    bool is_broken; /* ... and its end must not look like one */
};

/* --- call.c --- */

/* Takes a request of the client: scans, decides and begins; answers what cannot be. */
void router_call_begin(router_t *router, mc_http_request_t *request, router_dialect_t dialect);
/* Has been admitted: decides, where that was not done, and begins an attempt. */
void router_call_go_on(router_call_t *self);
/* Ends it, whatever it is at: what is upstream is closed, the client is told why. */
void router_call_end(router_call_t *self, const mc_refusal_t *refusal);
/* Ends everything that is under way and frees it. */
void router_call_destroy(router_call_t **address);
/* The client is gone, or has everything: ends and frees it. */
void router_call_leave(router_call_t *self);
/* Answers with an error in the client's dialect and destroys the call. */
void router_call_refuse(router_call_t *self, const mc_refusal_t *refusal);
/* Answers with the failure of the last attempt and destroys the call. */
void router_call_give_up(router_call_t *self);

/* --- attempt.c --- */

/* Tries the candidate that is next, or gives up. */
void router_attempt_next(router_call_t *self);
/* The attempt failed: judges, and tries again, gives up or cuts the stream. */
void router_attempt_fail(router_call_t *self, const router_failure_t *failure);
/* A failure without an answer of the provider. */
void router_attempt_fail_wire(router_call_t *self, bool is_timeout, const char *reason);
/* Ends the attempt: the lane learns of it. */
void router_attempt_end(router_call_t *self, router_fault_t fault, mc_text_t error,
                        int64_t retry_after_us);

/* The number that an error has in a stream of typed events. */
int64_t router_attempt_sequence(const router_attempt_t *attempt);

/* --- upstream.c --- */

/* Sends the request of the attempt to its provider; or returns ROUTER_UPSTREAM_LOCAL, when the body
 * is the answer and nobody need be asked, or MC_REFUSED. */
enum { ROUTER_UPSTREAM_LOCAL = MC_REFUSED + 1 };
MC_CHECKED int router_upstream_ask(router_call_t *self, mc_refusal_t *refusal);

/* Takes the key out of what the provider said. False when nobody can know it any more. */
bool router_upstream_mask(const router_call_t *self, mc_text_t text);

/* --- answer.c --- */

/* The next bytes of an answer that is no stream: collects them, or ends the call where it or all
 * answers together are too large. */
void router_answer_take(router_call_t *self, mc_text_t bytes);
/* Gives back what was collected. */
void router_answer_forget(router_call_t *self);
/* What came is a whole answer that is no stream: passes it on, or fails the attempt. */
void router_answer_whole(router_call_t *self, const mc_http_reply_t *reply);
/* What was made here is the answer. */
void router_answer_local(router_call_t *self);

/* --- held.c --- */

void router_held_init(router_call_t *self);
/* Asks the boundary; model is NULL before one is chosen. True: go on at once. False: it is held, or
 * it was ended. */
bool router_held_admit(router_call_t *self, const router_model_t *model);
/* By the clock: keeps the stream of a held call open. */
void router_held_tick(router_call_t *self, int64_t now_us);

/* --- flow.c --- */

/* Begins the answer; request and body are gone with it. */
void router_flow_start(router_call_t *self);
/* Puts a comment into the stream, unless the client has not read the last one. */
void router_flow_comment(router_call_t *self, const char *text);
/* The next bytes of a stream. */
void router_flow_take(router_call_t *self, mc_text_t bytes);
/* The provider's stream has ended, as HTTP or by a break with its reason. */
void router_flow_end(router_call_t *self, const char *reason);
/* Ends the client's stream in the middle, by the error of the attempt, which it cannot overlook. */
void router_flow_cut(router_call_t *self);

/* --- head.c --- */

/* Keeps what the client shall see of the provider's headers, in place of those of the attempt
 * before. */
void router_head_keep(router_call_t *self, const mc_http_reply_t *reply);
/* Adds ours and those that were kept to the answer. */
void router_head_add(router_call_t *self);

/* --- call_events.c --- */

void router_call_tell_decision(router_call_t *self);
void router_call_tell_start(router_call_t *self);
/* About once a second while a stream runs. */
void router_call_tell_progress(router_call_t *self);
/* The end, once: status is a word of MC_STATUS; message may be empty. */
void router_call_tell_end(router_call_t *self, const char *status, mc_text_t message);

/* What the call has cost so far, or ROUTER_PRICE_UNKNOWN. */
int64_t router_call_cost(const router_call_t *self);

#endif
