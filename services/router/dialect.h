/*
 *  dialect - the shapes of requests and answers that agents and providers speak
 *
 *  A protocol is who invented it; a dialect is one endpoint's shape. A call comes
 *  in one dialect and goes out in the same one, byte for byte, or in another one
 *  through translate.h.
 */
#ifndef ROUTER_DIALECT_H
#define ROUTER_DIALECT_H

#include "proto/base.h"

typedef enum { ROUTER_OPENAI, ROUTER_ANTHROPIC } router_protocol_t;

typedef enum {
    ROUTER_CHAT,         /* POST /v1/chat/completions */
    ROUTER_RESPONSES,    /* POST /v1/responses */
    ROUTER_COMPLETIONS,  /* POST /v1/completions */
    ROUTER_EMBEDDINGS,   /* POST /v1/embeddings */
    ROUTER_MESSAGES,     /* POST /v1/messages */
    ROUTER_COUNT_TOKENS, /* POST /v1/messages/count_tokens */
    ROUTER_DIALECT_COUNT,
} router_dialect_t;

/* messages and count_tokens are Anthropic's, the others OpenAI's. */
router_protocol_t router_dialect_protocol(router_dialect_t dialect);
/* "chat", "responses", ...: as it stands in events and in the decision. */
const char *router_dialect_name(router_dialect_t dialect);
/* "/chat/completions": behind a provider's base URL, which ends in /v1 or the like. */
const char *router_dialect_path(router_dialect_t dialect);

#endif
