/*
 *  watch - what goes by in an answer: usage, the first content, the end, an error inside a 200
 *
 *  Fed with each event of a stream (or the whole body of a plain answer) in the
 *  upstream's dialect, whether it is forwarded as it is or translated.
 */
#ifndef ROUTER_WATCH_H
#define ROUTER_WATCH_H

#include "services/router/usage.h"

#define ROUTER_WATCH_TEXT_MAX 256
#define ROUTER_WATCH_PATTERN_MAX 704 /* bytes of a frame that others are compared with */
#define ROUTER_WATCH_HOLES_MAX 3

/* A frame that carried content and nothing else, with holes where the next one may differ: most
 * frames of a stream are read by it, without being parsed. */
typedef struct {
    size_t hole_count;
    struct {
        size_t at; /* in text, where the literal before the hole ends */
        enum { ROUTER_HOLE_CONTENT, ROUTER_HOLE_STRING, ROUTER_HOLE_DIGITS } kind;
    } holes[ROUTER_WATCH_HOLES_MAX];
    size_t type_size; /* the event's type stands in front */
    size_t size;
    char text[ROUTER_WATCH_PATTERN_MAX];
} router_watch_pattern_t;

typedef struct {
    router_dialect_t dialect;
    bool has_content; /* something a person would read, or a tool call, has come */
    bool has_end;    /* the protocol's own end has come: [DONE], message_stop, response.completed */
    bool has_finish; /* a finish or stop reason has come */
    bool has_error;  /* an error inside a 200 */
    bool is_incomplete; /* the provider itself says so: response.failed, response.incomplete */
    char finish[64];    /* its finish or stop reason */
    char error_type[64];
    char error_message[ROUTER_WATCH_TEXT_MAX];
    char response_id[128]; /* id of the response, for affinity */
    char model[128];       /* the model that answered, as the provider names it */
    int64_t content_bytes; /* text, reasoning and tool arguments delivered so far */
    int64_t frames;        /* events so far */
    router_usage_t usage;
    router_watch_pattern_t pattern;
} router_watch_t;

void router_watch_init(router_watch_t *self, router_dialect_t dialect);

/* One event of a stream; type is empty where the event has no "event:" line. Data that is not JSON
 * (and not [DONE]) counts as an error inside the stream. Returns 0, or MC_REFUSED for such data. */
MC_CHECKED int router_watch_event(router_watch_t *self, mc_json_parser_t *parser, mc_text_t type,
                                  mc_text_t data, mc_refusal_t *refusal);

/* A whole answer with status 2xx that was not streamed. */
MC_CHECKED int router_watch_body(router_watch_t *self, mc_json_parser_t *parser, mc_text_t body,
                                 mc_refusal_t *refusal);

/* True when the answer is whole: its end came and no error. A stream that stops before is cut. */
bool router_watch_is_whole(const router_watch_t *self);

/* Where no usage came: estimates output from content_bytes, four bytes a token, and input from the
 * request, and marks it. Of a stream that was cut, the output is at least what was delivered.
 * request_tokens is the estimate that routing used. */
void router_watch_estimate(router_watch_t *self, int64_t request_tokens);

#endif
