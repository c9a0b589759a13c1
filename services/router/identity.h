/*
 *  identity - whose call it is: run, task, tier, actor and so on
 *
 *  From the headers of the call; what they do not say, from the run-scoped key
 *  that missionctl run put into the agent's environment.
 */
#ifndef ROUTER_IDENTITY_H
#define ROUTER_IDENTITY_H

#include "common/json.h"
#include "proto/arena.h"
#include "proto/proto.h"

typedef struct {
    mc_text_t run_id; /* these are empty where not known */
    mc_text_t parent_run_id;
    mc_text_t root_task_id;
    mc_text_t task_id;
    mc_text_t actor;
    mc_text_t persona;
    mc_text_t skill;
    mc_text_t session_id;
    mc_text_t trace_id; /* of traceparent: 32 hex digits */
    mc_text_t span_id;  /* of the span that calls: 16 */
    char trace_flags[3];
    char own_span[17]; /* of the call itself; empty until a provider is told of it */
    mc_text_t key_id;  /* of the API key that it came with */
    int64_t tier;      /* 0 when not known */
} router_identity_t;

/* Takes a header of the request, if it says who calls; names in any case. The value is copied to
 * the arena. Returns 0, or MC_REFUSED for a value that cannot be. */
MC_CHECKED int router_identity_take(router_identity_t *self, mc_arena_t *arena, mc_text_t name,
                                    mc_text_t value, mc_refusal_t *refusal);

/* What a run-scoped key says: {"runId", "taskId", ...}. Texts are copied; what cannot be is left
 * out. */
void router_identity_read(router_identity_t *self, mc_json_parser_t *parser, mc_arena_t *arena,
                          mc_text_t json);

/* What a checked key of one run says counts before headers: the root, and where they name another
 * run, that this one is above it; so nobody leaves a scope by a header. Texts are lent. */
void router_identity_bind(router_identity_t *self, const router_identity_t *key);

/* Fills in what the headers did not say. Texts are lent from the other. */
void router_identity_fill(router_identity_t *self, const router_identity_t *other);

/* A call that nobody gave a run belongs to the trace that it says it is part of: as a step of the
 * span that calls, which ingest joins to the run of that span. */
void router_identity_follow_trace(router_identity_t *self);

/* "traceparent: ..." for a provider: the call is a child of the span that calls. Empty where the
 * caller named none. In the arena. */
mc_text_t router_identity_trace(router_identity_t *self, mc_arena_t *arena);

/* Puts it into an event; texts are lent. */
void router_identity_mark(const router_identity_t *self, mc_agent_event_t *event);

#endif
