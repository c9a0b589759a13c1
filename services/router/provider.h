/*
 *  provider - where models are called: a row of aop_providers, and what its kind needs
 *
 *  A kind is a row of adapters.def: how to authenticate, which dialects it
 *  speaks, how its quirks are met. The row of a provider adds name, address,
 *  secret and headers.
 */
#ifndef ROUTER_PROVIDER_H
#define ROUTER_PROVIDER_H

#include "proto/arena.h"
#include "proto/proto.h"
#include "services/router/dialect.h"

typedef enum {
    ROUTER_AUTH_NONE,
    ROUTER_AUTH_BEARER,    /* Authorization: Bearer KEY */
    ROUTER_AUTH_X_API_KEY, /* x-api-key: KEY */
    ROUTER_AUTH_API_KEY,   /* api-key: KEY */
} router_auth_t;

/* How chat names the limit of what may be answered. */
typedef enum {
    ROUTER_LIMIT_EITHER,
    ROUTER_LIMIT_OLD, /* max_tokens only */
    ROUTER_LIMIT_NEW, /* max_completion_tokens only; by its kind: of models that reason */
} router_limit_t;

typedef struct {
    const char *name; /* "openai", "anthropic", "azure-openai", "openrouter", "ollama", ... */
    router_protocol_t protocol;
    router_auth_t auth;
    bool needs_secret;
    uint32_t dialects; /* 1 << ROUTER_CHAT, ... */
    router_limit_t limit;
    bool takes_usage_option; /* stream_options.include_usage */
    bool takes_extensions;   /* cache_control and thinking_blocks in chat */
    const char *base_url;    /* where a row gives none; may be NULL */
    const char *cards;       /* whose model cards are true of it; may be NULL */
    const char *prefixes;    /* what names of its models begin with, by spaces */
    const char *doc;
} router_adapter_t;

#define ROUTER_PROVIDER_NAME_MAX 64
#define ROUTER_PROVIDER_HEADERS_MAX 4096

/* NULL for a name that is not in the table. */
const router_adapter_t *router_adapter_find(mc_text_t name);
/* All of them, in the order of the table. */
const router_adapter_t *router_adapters(size_t *ret_count);
/* The first whose prefixes the model's name begins with, or NULL. */
const router_adapter_t *router_adapter_of_model(mc_text_t model_id);
/* True when it speaks the dialect itself. */
bool router_adapter_speaks(const router_adapter_t *self, router_dialect_t dialect);
/* "Authorization: Bearer ", "x-api-key: ", ...: what stands before the key. Empty for none. */
const char *router_auth_prefix(router_auth_t auth);
/* "openai" or "anthropic". */
const char *router_protocol_name(router_protocol_t protocol);

/* Where a provider was told of. */
typedef enum { ROUTER_OF_PRODUCT, ROUTER_OF_FILE, ROUTER_OF_STORE } router_source_t;
const char *router_source_name(router_source_t source);

/* One provider as routing sees it; lives as long as the registry's snapshot that holds it. */
typedef struct {
    mc_text_t name;
    mc_text_t base_url; /* without a slash at its end */
    mc_text_t secret;   /* name of its secret in the vault; its own name where none is given */
    mc_text_t headers;  /* "Name: value" lines, sent with each call */
    const router_adapter_t *adapter; /* NULL: the file names a provider that nobody knows */
    bool needs_secret;               /* false: called without where the vault has none */
    bool is_enabled;
    router_source_t source;
    int64_t updated_us; /* of a row of the store */
} router_provider_t;

/* True where its address is on this machine or in a private network: it is one's own, and may see
 * which trace a call belongs to. */
bool router_provider_is_near(const router_provider_t *self);

/* Makes a provider of what a person, the file or the store says of it, checked; texts are lent by
 * the arena. Returns 0, or MC_REFUSED with what is wrong. */
MC_CHECKED int router_provider_make(const mc_provider_order_t *order, mc_arena_t *arena,
                                    router_provider_t *ret_provider, mc_refusal_t *refusal);

#endif
