/*
 *  error_map - a provider's error in the client's protocol
 *
 *  The status decides; the type follows from it. What only one protocol has is
 *  given the nearest of the other: 529 and 503 are each other's "overloaded", and
 *  a quota that is used up is 402, because clients try 429 again.
 */
#include "translate_answer.h"

#define OVERLOADED 529
#define UNAVAILABLE 503

static bool
is_quota(const router_error_t *error)
{
    static const char *const words[] = {"insufficient_quota", "credit_balance_exhausted",
                                        "billing_error", "billing_hard_limit_reached"};
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if ((error->code && strcmp(error->code, words[i]) == 0) ||
            (error->type && strcmp(error->type, words[i]) == 0))
            return true;
    return false;
}

void
router_error_map(router_dialect_t from, router_dialect_t to, router_error_t *error)
{
    router_protocol_t source = router_dialect_protocol(from), target = router_dialect_protocol(to);
    if (source == target)
        return;
    if (is_quota(error))
        error->status = 402;
    if (target == ROUTER_OPENAI && error->status == OVERLOADED)
        error->status = UNAVAILABLE;
    else if (target == ROUTER_ANTHROPIC && error->status == UNAVAILABLE)
        error->status = OVERLOADED;
    bool is_known = target == ROUTER_OPENAI && error->status == 402;
    error->type = router_error_type(to, error->status);
    error->code = is_known ? "insufficient_quota" : NULL;
    if (target == ROUTER_OPENAI && error->status == 429)
        error->code = "rate_limit_exceeded";
    if (target == ROUTER_ANTHROPIC)
        error->param = NULL;
}
