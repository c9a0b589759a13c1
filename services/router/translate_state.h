/*
 *  translate_state - what a translation remembers between request, answer and stream
 *
 *  A pair of dialects is a row of functions. Pairs that are not a row go by way
 *  of chat: near speaks with the client, far with the provider.
 */
#ifndef ROUTER_TRANSLATE_STATE_H
#define ROUTER_TRANSLATE_STATE_H

#include "translate.h"
#include "translate_json.h"
#include "usage.h"

/* Of what is made on the way from one document: writing a document anew at most doubles it, so
 * whoever has parsed one need not look whether it was full. */
#define ROUTER_TRANSLATE_BYTES_MAX MC_BUFFER_BYTES_MAX
#define ROUTER_STREAM_BYTES_MAX ((size_t)16 << 20) /* of what is kept of a stream */
#define ROUTER_TRANSLATE_WARNINGS_BYTES 2048
#define ROUTER_TRANSLATE_WARNINGS_MAX 1000 /* tried; what comes later is not looked at */
#define ROUTER_TRANSLATE_TOOLS_MAX 1024    /* of a request */
#define ROUTER_TRANSLATE_CALLS_MAX 128     /* of tools in one answer */
#define ROUTER_TRANSLATE_ID_BYTES 160
#define ROUTER_TRANSLATE_NAME_BYTES 65 /* with the NUL; OpenAI allows 64 */

/* What is open in the stream that is written for the client. */
typedef enum {
    ROUTER_OPEN_NOTHING,
    ROUTER_OPEN_TEXT,
    ROUTER_OPEN_REFUSAL,
    ROUTER_OPEN_THINKING,
    ROUTER_OPEN_TOOL,
    ROUTER_OPEN_ANSWER, /* the forced tool whose input is the text */
    ROUTER_OPEN_OTHER,  /* a block that has no place in the client's dialect */
} router_open_t;

typedef struct {
    bool has_started;   /* the client's first frame is out */
    bool has_finish;    /* the provider gave a finish or stop reason */
    bool has_end;       /* its own last event has come */
    bool has_failed;    /* an error has come: nothing may follow that looks like success */
    bool has_tool_text; /* arguments of the open tool have come */
    bool has_refusal;   /* the model refused in words */
    router_open_t open;
    int64_t block;         /* index of the open block, upstream's or client's own by direction */
    int64_t blocks;        /* written so far */
    int64_t tool;          /* index of the open tool call */
    int64_t tools;         /* calls so far */
    int64_t sequence;      /* of typed events */
    int64_t content_bytes; /* of text so far */
    char id[ROUTER_TRANSLATE_ID_BYTES];
    char finish[64];                      /* the provider's word */
    char stop[256];                       /* the stop sequence that was met */
    char item[ROUTER_TRANSLATE_ID_BYTES]; /* id of the open item */
    char call[ROUTER_TRANSLATE_ID_BYTES]; /* id of the open tool call */
    char name[ROUTER_TRANSLATE_ID_BYTES]; /* of the open tool */
    router_usage_t usage;
    mc_buffer_t thinking; /* whole thinking blocks so far: elements of an array */
    mc_buffer_t piece;    /* text of the open block */
    mc_buffer_t sign;     /* signature of the open block */
    mc_buffer_t items;    /* finished output items: elements of an array */
} router_stream_t;

typedef struct {
    router_dialect_t client;
    router_dialect_t upstream;
    bool is_local;
    int (*request)(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                   mc_refusal_t *refusal);
    int (*answer)(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                  mc_refusal_t *refusal);
    int (*event)(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                 mc_refusal_t *refusal);
    void (*end)(router_translation_t *self, mc_buffer_t *out);
} router_pair_t;

struct router_translation {
    router_translation_options_t options;
    const router_pair_t *pair; /* NULL: by way of chat */
    router_translation_t *near;
    router_translation_t *far;
    bool is_inner;           /* it is the far of another: what it writes is read here */
    mc_json_parser_t *inner; /* for JSON that stands in texts, and for what near and far exchange */
    mc_buffer_t warnings;
    int warned;          /* how often */
    mc_buffer_t between; /* what near and far exchange */

    /* of the request */
    bool is_stream;
    bool wants_usage;     /* a last chunk with it */
    bool wants_thinking;  /* the client asked to be shown it */
    bool has_answer_tool; /* a forced tool stands in for structured output */
    char answer_tool[ROUTER_TRANSLATE_NAME_BYTES];
    mc_buffer_t echo; /* members of the request that the client's answers repeat */

    router_stream_t stream;
};

/* The rows; see the files named after them. */
int router_chat_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                        mc_refusal_t *refusal);
int router_chat_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                       mc_refusal_t *refusal);
int router_chat_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                      mc_refusal_t *refusal);
void router_chat_end(router_translation_t *self, mc_buffer_t *out);

int router_messages_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                            mc_refusal_t *refusal);
int router_messages_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                           mc_refusal_t *refusal);
int router_messages_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                          mc_refusal_t *refusal);
void router_messages_end(router_translation_t *self, mc_buffer_t *out);

int router_responses_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                             mc_refusal_t *refusal);
int router_responses_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                            mc_refusal_t *refusal);
int router_responses_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                           mc_refusal_t *refusal);
void router_responses_end(router_translation_t *self, mc_buffer_t *out);

int router_completions_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                               mc_refusal_t *refusal);
int router_completions_answer(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                              mc_refusal_t *refusal);
int router_completions_event(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                             mc_refusal_t *refusal);
void router_completions_end(router_translation_t *self, mc_buffer_t *out);

int router_count_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                         mc_refusal_t *refusal);

/* Notes "field: why" once; field is made safe for a header. */
void router_warn(router_translation_t *self, const char *field, const char *why);

/* Parses JSON that stands in a text: an object. Returns 0 or MC_REFUSED; lent until the next. */
MC_CHECKED int router_inner_object(router_translation_t *self, mc_text_t text, mc_json_t *ret_root);

#endif
