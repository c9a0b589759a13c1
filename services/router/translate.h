/*
 *  translate - a call in one dialect, served by a provider that speaks another
 *
 *  Pairs: chat to messages and back, responses to chat, responses to messages
 *  (by way of chat), messages to chat; count_tokens and completions to chat
 *  where it makes sense. Pure: bytes in, bytes out, no clock and no network.
 *
 *  What the other dialect cannot say is left out and noted in warnings (a header
 *  tells the client); what would change the meaning is refused.
 */
#ifndef ROUTER_TRANSLATE_H
#define ROUTER_TRANSLATE_H

#include "common/json.h"
#include "services/router/dialect.h"

typedef struct {
    router_dialect_t client;     /* what the agent speaks */
    router_dialect_t upstream;   /* what the provider speaks */
    mc_text_t model;             /* as the provider names it; lent */
    mc_text_t client_model;      /* as the agent asked for it: shown in the answer; lent */
    int64_t output_tokens_max;   /* of the model's card: where the dialect requires a limit */
    bool has_structured_output;  /* the model has it natively; else a forced tool stands in */
    bool takes_completion_limit; /* max_completion_tokens instead of max_tokens */
    bool takes_extensions;       /* a chat server that takes cache_control and thinking_blocks */
    bool has_adaptive_thinking;  /* thinks by effort and takes no budget of tokens */
    bool lacks_reasoning;        /* refuses reasoning_effort and thinking */
    bool lacks_temperature;      /* refuses any temperature but its own */
    bool lacks_usage_option;     /* refuses stream_options */
    int64_t now_s;               /* seconds since 1970: when the answer says it was made */
} router_translation_options_t;

typedef struct router_translation router_translation_t;

/* True for a pair that can be translated. */
bool router_translation_exists(router_dialect_t client, router_dialect_t upstream);

/* True for a pair that needs no provider: what router_translation_request makes is the answer for
 * the client. So count_tokens where the provider has no such endpoint: an estimate, which says so
 * in the warnings. */
bool router_translation_is_local(router_dialect_t client, router_dialect_t upstream);

router_translation_t *router_translation_new(const router_translation_options_t *options);
void router_translation_destroy(router_translation_t **address);

/* The request for the provider. Remembers what the answer needs (ids, names, whether the client
 * wants usage). Returns 0 or MC_REFUSED, in words for the client. */
MC_CHECKED int router_translation_request(router_translation_t *self, mc_json_parser_t *parser,
                                          mc_text_t body, mc_buffer_t *out, mc_refusal_t *refusal);

/* What could not be said, as "field: why; field: why", for the header x-mc-warnings; may be empty.
 * Lent. */
mc_text_t router_translation_warnings(const router_translation_t *self);

/* A whole answer with status 2xx. */
MC_CHECKED int router_translation_answer(router_translation_t *self, mc_json_parser_t *parser,
                                         mc_text_t body, mc_buffer_t *out, mc_refusal_t *refusal);

/* One event of the provider's stream; appends what the client shall see of it, as finished SSE
 * frames, maybe nothing. type is empty where the event has no "event:" line. */
MC_CHECKED int router_translation_event(router_translation_t *self, mc_json_parser_t *parser,
                                        mc_text_t type, mc_text_t data, mc_buffer_t *out,
                                        mc_refusal_t *refusal);

/* The provider's stream ended as its protocol ends: appends the client's own end. Where the answer
 * was not whole after all, that is an error, and false. */
bool router_translation_end(router_translation_t *self, mc_buffer_t *out);

/* The number that the next typed event has: for router_error_frames in the middle of a stream. */
int64_t router_translation_sequence(const router_translation_t *self);

/* --- errors, in any dialect --- */

typedef struct {
    int status;        /* HTTP */
    const char *type;  /* OpenAI's "type" or Anthropic's error type; NULL: by the status */
    const char *code;  /* OpenAI's "code"; may be NULL */
    const char *param; /* OpenAI's "param"; may be NULL */
    mc_text_t message;
    mc_text_t request_id;
    int64_t sequence; /* number of the event in a stream of typed ones; 0 where it is not known */
} router_error_t;

/* The body of an error answer. */
void router_error_body(router_dialect_t dialect, const router_error_t *error, mc_buffer_t *out);

/* An error in the middle of a stream: frames that no client takes for success. Nothing may follow,
 * no [DONE] and no message_stop. */
void router_error_frames(router_dialect_t dialect, const router_error_t *error, mc_buffer_t *out);

/* Reads a provider's error body of that dialect: type, code and message, lent by the parser until
 * its next parse; a body of another form is the message itself, cut. */
void router_error_read(router_dialect_t dialect, mc_json_parser_t *parser, mc_text_t body,
                       router_error_t *ret_error);

/* True when the provider says that an account has nothing left: waiting does not help. */
bool router_error_is_spent(const router_error_t *error);

/* The status and type that the client's dialect uses for it: 529 becomes 503 for OpenAI, and so on.
 */
void router_error_map(router_dialect_t from, router_dialect_t to, router_error_t *error);

#endif
