/*
 *  usage - tokens as a provider counted them, and what they cost
 *
 *  Providers count differently: OpenAI's input includes cached tokens and its
 *  output includes reasoning, Anthropic's input excludes what was read from or
 *  written to the cache. Here input and output are always the whole, and the
 *  parts are "of which".
 */
#ifndef ROUTER_USAGE_H
#define ROUTER_USAGE_H

#include "common/json.h"
#include "services/router/dialect.h"

typedef struct {
    bool is_known;          /* the provider said so, in whole or in part */
    bool is_estimated;      /* of text that was delivered, where the provider never said */
    int64_t input;          /* all input tokens */
    int64_t cache_read;     /* of which read from a cache */
    int64_t cache_write_5m; /* of which written to one that lives five minutes */
    int64_t cache_write_1h; /* of which written to one that lives an hour */
    int64_t audio_input;    /* of which audio */
    int64_t output;         /* all output tokens */
    int64_t reasoning;      /* of which reasoning */
    int64_t audio_output;   /* of which audio */
    int64_t web_searches;   /* made by the provider's own tool, paid by the piece */
    bool has_cost;          /* the provider itself says what it charges: OpenRouter, xAI, ... */
    int64_t cost_nanousd;   /* then that, in billionths of a dollar */
} router_usage_t;

/* Counts above this are nobody's: they are passed over like negative ones. */
#define ROUTER_TOKENS_MAX ((int64_t)1 << 40)

/* Prices are in picodollars (10^-12 $) a token: 1 $ a million tokens is 1,000,000. */
#define ROUTER_PRICE_UNKNOWN (-1)

typedef struct {
    int64_t input; /* each is ROUTER_PRICE_UNKNOWN where the card does not say */
    int64_t output;
    int64_t cache_read;     /* unknown: as input */
    int64_t cache_write_5m; /* unknown: as input */
    int64_t cache_write_1h; /* unknown: as cache_write_5m */
    int64_t reasoning;      /* unknown: as output */
    int64_t audio_input;    /* unknown: as input */
    int64_t audio_output;   /* unknown: as output */
    int64_t web_search;     /* picodollars a search; unknown: so is the cost of a call with one */
} router_price_t;

/* Prices from a number of input tokens on; the first step is from 0. */
typedef struct {
    int64_t from_input_tokens;
    router_price_t price;
} router_price_step_t;

/* Takes what a "usage" object says into the usage, field by field; what it does not say stays.
 * For Anthropic's streams, whose message_delta repeats the sums so far. Values that are negative or
 * no integers are passed over; so are zeros where there is more already, and an object of nothing
 * but zeros leaves the usage unknown. */
void router_usage_take(router_usage_t *self, router_dialect_t dialect, mc_json_t usage);

/* The cost in billionths of a dollar, rounded half up once, or ROUTER_PRICE_UNKNOWN when the usage
 * or a price that is needed is not known. What the provider itself says it charges goes before the
 * card. steps are by from_input_tokens; count 0 is unknown. batch_percent is what a batch pays of
 * the price; 100 for a call. */
int64_t router_usage_cost(const router_usage_t *self, const router_price_step_t *steps,
                          size_t count, int64_t batch_percent);

#endif
