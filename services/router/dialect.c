/*
 *  dialect - the shapes of requests and answers that agents and providers speak
 */
#include "services/router/dialect.h"

typedef struct {
    router_protocol_t protocol;
    const char *name;
    const char *path;
} dialect_row_t;

static const dialect_row_t dialects[ROUTER_DIALECT_COUNT] = {
    [ROUTER_CHAT] = {ROUTER_OPENAI, "chat", "/chat/completions"},
    [ROUTER_RESPONSES] = {ROUTER_OPENAI, "responses", "/responses"},
    [ROUTER_COMPLETIONS] = {ROUTER_OPENAI, "completions", "/completions"},
    [ROUTER_EMBEDDINGS] = {ROUTER_OPENAI, "embeddings", "/embeddings"},
    [ROUTER_MESSAGES] = {ROUTER_ANTHROPIC, "messages", "/messages"},
    [ROUTER_COUNT_TOKENS] = {ROUTER_ANTHROPIC, "count_tokens", "/messages/count_tokens"},
};

router_protocol_t
router_dialect_protocol(router_dialect_t dialect)
{
    return dialects[dialect].protocol;
}

const char *
router_dialect_name(router_dialect_t dialect)
{
    return dialects[dialect].name;
}

const char *
router_dialect_path(router_dialect_t dialect)
{
    return dialects[dialect].path;
}
