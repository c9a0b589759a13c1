/*
 *  fault - whose fault a failed attempt was, and whether another one may help
 *
 *  By status and body of the provider's answer. What the caller did wrong is
 *  passed on as it is; what the key or the lane did wrong may be tried elsewhere,
 *  as long as nothing has gone out.
 */
#ifndef ROUTER_FAULT_H
#define ROUTER_FAULT_H

#include "services/router/health.h"
#include "services/router/translate.h"

typedef struct {
    router_fault_t fault;
    bool may_try_again;     /* on another lane, or on this one later */
    bool may_try_here;      /* on the same lane: a passing trouble */
    int64_t retry_after_us; /* 0 when not said */
} router_verdict_t;

/* What the answer's own headers say; texts are lent and may be empty. */
typedef struct {
    mc_text_t retry_after;
    mc_text_t retry_after_ms;
    mc_text_t should_retry; /* "true" or "false" */
} router_retry_words_t;

/* Judges an answer with a status that is no success, or an error inside one that is. */
router_verdict_t router_fault_of_answer(int status, const router_error_t *error,
                                        const router_retry_words_t *words);

/* Judges an attempt that brought no answer, or half a one. */
router_verdict_t router_fault_of_wire(void);

/* Microseconds that Retry-After asks for, in any of its forms; 0 when it does not say. */
int64_t router_retry_after_us(const router_retry_words_t *words, int64_t now_us);

#endif
