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

/* Codes and types, and phrases where there is neither. */
static const char *const spent_words[] = {
    "insufficient_quota",         "credit_balance_exhausted",     "billing_error",
    "billing_hard_limit_reached", "enforced_spend_limit_reached", "contract_spend_limit_reached"};
static const char *const spent_phrases[] = {"credit balance is too low",
                                            "reached your specified API usage limits"};

static bool
is_either(const router_error_t *error, const char *word)
{
    return (error->code && !strcmp(error->code, word)) ||
           (error->type && !strcmp(error->type, word));
}

bool
router_error_is_spent(const router_error_t *error)
{
    mc_text_t message = error->message;
    for (size_t i = 0; i < MC_COUNT(spent_words); i++)
        if (is_either(error, spent_words[i]))
            return true;
    for (size_t i = 0; i < MC_COUNT(spent_phrases) && message.size; i++)
        if (memmem(message.data, message.size, spent_phrases[i], strlen(spent_phrases[i])))
            return true;
    return false;
}

void
router_error_map(router_dialect_t from, router_dialect_t to, router_error_t *error)
{
    router_protocol_t source = router_dialect_protocol(from), target = router_dialect_protocol(to);
    if (source == target)
        return;
    if (router_error_is_spent(error))
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
