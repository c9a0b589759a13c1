/*
 *  request_scan - the few fields of a request that routing needs, and where they stand
 *
 *  The body is forwarded as it came; what must be said otherwise is put into its
 *  place in a copy, see request_edit.h.
 */
#ifndef ROUTER_REQUEST_SCAN_H
#define ROUTER_REQUEST_SCAN_H

#include "common/json.h"
#include "services/router/dialect.h"

#define ROUTER_MODEL_BYTES_MAX 256 /* of a model's name in a request */

typedef struct {
    mc_text_t body;
    mc_text_t model; /* in the arena */
    mc_text_t model_raw;
    mc_text_t stream_options_raw; /* this and the next two: slices of the body; empty: absent */
    mc_text_t max_tokens_raw;
    mc_text_t max_completion_tokens_raw;
    mc_text_t max_output_tokens_raw;
    mc_text_t previous_response_id; /* in the arena */
    mc_text_t prompt_raw;           /* messages, input or prompt: a slice of the body */
    bool is_stream;
    bool wants_usage;     /* stream_options.include_usage is true */
    uint32_t needs;       /* ROUTER_CAN_... */
    int64_t input_tokens; /* estimated */
    int64_t choices;      /* that it asks for: n, or best_of */
    bool has_cache_control;
    int64_t output_tokens; /* that the request limits itself to; 0 when not said */
} router_request_scan_t;

typedef struct {
    mc_json_scanner_t *scanner;
    mc_json_parser_t *parser;
    mc_arena_t *arena;
} router_scan_tools_t;

/* Reads the request. The body is lent. Returns 0, or MC_REFUSED with the field that is wrong. */
MC_CHECKED int router_request_scan(const router_scan_tools_t *tools, router_dialect_t dialect,
                                   mc_text_t body, router_request_scan_t *ret_scan,
                                   mc_refusal_t *refusal);

/* True for "{}", "[ ]" and the like. */
bool router_json_is_empty(mc_text_t raw);

#endif
