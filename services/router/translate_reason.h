/*
 *  translate_reason - how much a model shall think: OpenAI's effort, Anthropic's budget of tokens
 */
#ifndef ROUTER_TRANSLATE_REASON_H
#define ROUTER_TRANSLATE_REASON_H

#include "translate_fields.h"

/* The least budget that Anthropic takes. */
#define ROUTER_THINKING_TOKENS_MIN 1024

/* The budget that stands for an effort; 0 for none, -1 for a word that is not known. */
int64_t router_reason_budget(mc_text_t effort);
/* The effort that stands for a budget. */
const char *router_reason_effort(int64_t budget_tokens);
/* The word as Anthropic's output_config.effort has it. */
const char *router_reason_level(mc_text_t effort);

/* What a chat asks for, and what comes of it beside its limit of tokens. */
typedef struct {
    mc_json_t effort;   /* reasoning_effort; may be absent */
    mc_json_t thinking; /* Anthropic's own member, which clients put beside; may be absent */
    bool is_impossible; /* thinking cannot be on; why says it */
    const char *why;
    int64_t output_tokens;     /* the limit, 0 when not said; made larger where it may be */
    int64_t output_tokens_max; /* of the model, 0 when not known */
    bool is_on;                /* result: the request will think */
    int64_t budget;            /* result, where a budget is to be sent */
} router_reason_t;

/* Decides; returns 0, or MC_REFUSED for an effort that is not known. */
MC_CHECKED int router_reason_decide(router_translation_t *self, router_reason_t *reason,
                                    mc_refusal_t *refusal);
/* Writes "thinking". */
void router_reason_put(const router_translation_t *self, const router_reason_t *reason,
                       router_put_t *put);

#endif
