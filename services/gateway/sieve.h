/*
 *  sieve - which frames of the live stream a client wants
 *
 *  A frame carries its traits: keyed hashes of the words that filters compare,
 *  so that one comparison of numbers decides. Only the search in texts looks at
 *  text, in any case, as the store does it.
 *
 *  Runs are kept apart: a run that changes leaves no filter by being finished,
 *  so status, action, text, tools and times do not hold a run back. That a run
 *  is no longer there, all learn who look at its root, whatever else they filter.
 */
#ifndef GATEWAY_SIEVE_H
#define GATEWAY_SIEVE_H

#include <sodium.h>

#include "gateway.h"

typedef enum {
    GATEWAY_FRAME_EVENT,
    GATEWAY_FRAME_RUN,
    GATEWAY_FRAME_TASK,
    GATEWAY_FRAME_FLAGS,
    GATEWAY_FRAME_RECEIPT,
    GATEWAY_FRAME_HOLDS,
    GATEWAY_FRAME_BUDGET,
    GATEWAY_FRAME_BUDGET_REQUEST,
    GATEWAY_FRAME_KINDS,
    GATEWAY_FRAME_MOVE = GATEWAY_FRAME_KINDS, /* wanted by who wants runs */
} gateway_frame_kind_t;

/* Words that filters compare; the order of the hashes. */
enum {
    GATEWAY_TRAIT_ROOT,
    GATEWAY_TRAIT_TASK,
    GATEWAY_TRAIT_ACTOR,
    GATEWAY_TRAIT_RUN,
    GATEWAY_TRAIT_PROVIDER,
    GATEWAY_TRAIT_MODEL,
    GATEWAY_TRAIT_PERSONA,
    GATEWAY_TRAIT_SKILL,
    GATEWAY_TRAIT_ACTION, /* from here on: of events only */
    GATEWAY_TRAIT_MCP_SERVER,
    GATEWAY_TRAIT_MCP_TOOL,
    GATEWAY_TRAIT_COUNT,
};

#define GATEWAY_STATUS_WORDS_MAX 8

typedef struct {
    unsigned char bytes[crypto_shorthash_KEYBYTES];
} gateway_hash_key_t;

typedef struct {
    uint8_t kind;
    uint8_t tier; /* 0: none */
    int64_t ts;
    uint64_t status;
    uint64_t words[GATEWAY_TRAIT_COUNT]; /* 0: none */
} gateway_traits_t;

typedef struct {
    gateway_hash_key_t key;
    bool kinds[GATEWAY_FRAME_KINDS];
    uint8_t tier;
    int64_t since;
    int64_t until; /* 0: no bound */
    uint64_t words[GATEWAY_TRAIT_COUNT];
    uint64_t statuses[GATEWAY_STATUS_WORDS_MAX];
    size_t status_count;
    mc_text_t search; /* lower case; lent by the maker's arena */
} gateway_sieve_t;

void gateway_traits_of_event(const gateway_hash_key_t *key, const mc_agent_event_t *event,
                             gateway_traits_t *ret_traits);
void gateway_traits_of_run(const gateway_hash_key_t *key, const mc_agent_run_t *run,
                           gateway_traits_t *ret_traits);
void gateway_traits_of_task(const gateway_hash_key_t *key, const mc_task_t *task,
                            gateway_traits_t *ret_traits);

void gateway_traits_of_receipt(const gateway_hash_key_t *key, const mc_control_receipt_t *receipt,
                               gateway_traits_t *ret_traits);

void gateway_traits_of_budget(const gateway_hash_key_t *key, const mc_budget_t *budget,
                              gateway_traits_t *ret_traits);

void gateway_traits_of_budget_request(const gateway_hash_key_t *key,
                                      const mc_budget_request_t *request,
                                      gateway_traits_t *ret_traits);

void gateway_traits_of_move(const gateway_hash_key_t *key, const mc_run_move_t *move,
                            gateway_traits_t *ret_traits);

/* Reads "event,run,task,flags,receipt,holds,budget,budget_request"; all of them where the text is
 * empty. Returns 0 or MC_REFUSED. */
MC_CHECKED int gateway_sieve_kinds(mc_text_t kinds, gateway_sieve_t *sieve, mc_refusal_t *refusal);

/* Makes the rest of the sieve from the filters. Texts go to the arena, which must live as long. */
void gateway_sieve_make(gateway_sieve_t *sieve, const gateway_hash_key_t *key,
                        const mc_event_query_t *query, mc_arena_t *arena);

/* searched is what the search looks into: message, actor and action, each ended by a NUL. */
bool gateway_sieve_passes(const gateway_sieve_t *sieve, const gateway_traits_t *traits,
                          mc_text_t searched);

/* The text in lower case, letter by letter. */
mc_text_t gateway_fold(mc_text_t text, mc_arena_t *arena);

#endif
