/*
 *  decision - which model answers, and why
 *
 *  CONTRACT section 5: candidates in the file's order, hard filters, score,
 *  ties. Pure: the same snapshot, health, request and time give the same choice,
 *  bit for bit (the id alone is new each time). Every candidate keeps its terms,
 *  every exclusion its reason.
 *
 *      asked                candidates
 *      auto                 the list of the run's persona if it has one, else that of the
 *                           run's tier, else that of tier 2
 *      tier:1 .. tier:3     the list of that tier
 *      persona:NAME         the list of that persona, else that of the run's tier or tier 2
 *      alias                as what it stands for
 *      provider/model       that model there, and nowhere else
 *      model                that model at every provider that has it
 *
 *  A model that is in no list and has no card goes to the provider that its
 *  prefix or the beginning of its name says, unless modelAdapterStrict. Routed
 *  candidates are ranked by score; those of a real model stay in the order of
 *  the registry, so that another provider serves it only when the first cannot.
 */
#ifndef ROUTER_DECISION_H
#define ROUTER_DECISION_H

#include "proto/arena.h"
#include "proto/buffer.h"
#include "services/router/health.h"
#include "services/router/registry.h"

#define ROUTER_CANDIDATES_MAX 64

/* What a call asks for. */
typedef struct {
    router_dialect_t dialect;
    mc_text_t model;         /* as asked: a model, "auto", "tier:2" or "persona:reviewer" */
    mc_text_t persona;       /* of the run, where known */
    int64_t tier;            /* of the run; 0 when not known */
    uint32_t needs;          /* ROUTER_CAN_... that the request makes use of */
    int64_t input_tokens;    /* estimated from the body */
    int64_t output_tokens;   /* that the request limits itself to; 0 when not said */
    mc_text_t pinned;        /* provider that holds the thread (affinity); empty for any */
    bool is_adapter_enabled; /* the flags modelAdapterEnabled and modelAdapterStrict */
    bool is_adapter_strict;
} router_need_t;

/* Terms of the score; each already weighted. */
typedef struct {
    double quality;
    double success;
    double latency;
    double cost;
    double failure; /* subtracted */
    double score;   /* their sum, 0 to 1 */
} router_terms_t;

typedef struct {
    const router_model_t *model;
    size_t order; /* in the list it came from */
    bool is_excluded;
    const char *exclusion; /* word: no_secret, circuit_open, cooling_down, no_tools, ... */
    char reason[160];      /* the same in words, with the values */
    int64_t until_us;      /* when it may be asked again; 0 when not known */
    router_terms_t terms;
} router_candidate_t;

typedef struct {
    char id[37]; /* UUIDv7 */
    int64_t made_us;
    int64_t registry_version;
    bool is_routed;   /* false: a real model was asked for */
    bool is_fallback; /* the first choice is not the first listed candidate */
    const char
        *list; /* where candidates came from: "model", "tier:2", "persona:x" ; lent by arena */
    size_t count;
    router_candidate_t *candidates; /* in the list's order */
    size_t ranked_count;
    size_t *ranked; /* indexes of those that may be called, best first */
} router_decision_t;

typedef struct router_routing router_routing_t; /* registry, health, secrets and weights together */

/* Decides. Everything in the decision lives in the arena, or in the registry snapshot, which the
 * caller holds. Returns 0, or MC_REFUSED: unknown_model, or no_model. With no_model the decision is
 * filled as well, ranked_count is 0, and router_decision_reasons has what the message has no room
 * for. When all that could be called wait for the vault, the code is vault_sealed. */
MC_CHECKED int router_decide(const router_routing_t *self, const router_registry_t *registry,
                             const router_need_t *need, int64_t now_us, mc_arena_t *arena,
                             router_decision_t *ret_decision, mc_refusal_t *refusal);

/* Why nothing could be chosen, a line for all: "openai/gpt-5: the secret openai is not set; ...".
 */
void router_decision_reasons(const router_decision_t *self, mc_buffer_t *out);

/* The decision as the record that explain answers; texts are lent by the decision, the need and the
 * arena. */
void router_decision_record(const router_decision_t *self, const router_need_t *need,
                            mc_arena_t *arena, mc_route_decision_t *ret_record);

/* The event of a decision has its id as eventUid, made_us as its time, the action model_selected or
 * model_fallback, the phase model_routing and this as its payload: so it is found by its id. */
#define ROUTER_ACTION_SELECTED "model_selected"
#define ROUTER_ACTION_FALLBACK "model_fallback"
#define ROUTER_PHASE_ROUTING "model_routing"

/* The dialect in which an adapter is asked for a call that comes in the client's: the same, else
 * one that can be translated; false when there is none. */
bool router_choose_dialect(const router_adapter_t *adapter, router_dialect_t client,
                           router_dialect_t *ret_upstream);

/* The whole decision as JSON: for the event, explain and the console. */
void router_decision_write(const router_decision_t *self, const router_need_t *need,
                           mc_arena_t *arena, mc_buffer_t *out);

#endif
