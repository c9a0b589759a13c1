/*
 *  provider - where models are called: a row of aop_providers, and what its kind needs
 *
 *  A kind is a row of adapters.def: how to authenticate, which dialects it
 *  speaks, how its quirks are met. The row of a provider adds name, address,
 *  secret and headers.
 */
#ifndef ROUTER_PROVIDER_H
#define ROUTER_PROVIDER_H

#include "proto/proto.h"
#include "services/router/dialect.h"

typedef enum {
    ROUTER_AUTH_NONE,
    ROUTER_AUTH_BEARER,    /* Authorization: Bearer KEY */
    ROUTER_AUTH_X_API_KEY, /* x-api-key: KEY */
    ROUTER_AUTH_API_KEY,   /* api-key: KEY */
} router_auth_t;

typedef struct {
    const char *name; /* "openai", "anthropic", "azure-openai", "openrouter", "ollama", ... */
    router_protocol_t protocol;
    router_auth_t auth;
    bool needs_secret;
    uint32_t dialects;           /* 1 << ROUTER_CHAT, ... */
    bool takes_completion_limit; /* max_completion_tokens; else max_tokens */
    bool takes_usage_option;     /* stream_options.include_usage */
    const char *base_url;        /* where a row gives none; may be NULL */
    const char *doc;
} router_adapter_t;

/* NULL for a name that is not in the table. */
const router_adapter_t *router_adapter_find(mc_text_t name);

/* One provider as routing sees it; lives as long as the registry's snapshot that holds it. */
typedef struct {
    mc_text_t name;
    mc_text_t base_url; /* without a slash at its end */
    mc_text_t secret;   /* name of its secret in the vault; empty when it needs none */
    mc_text_t headers;  /* "Name: value" lines, sent with each call */
    const router_adapter_t *adapter;
    bool is_enabled;
} router_provider_t;

#endif
