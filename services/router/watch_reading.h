/*
 *  watch_reading - what one event or body adds to the watch
 *
 *  Shared by the readers of the dialects. A reading stays plain as long as
 *  nothing but content has been noted: then the event may serve as a pattern.
 */
#ifndef ROUTER_WATCH_READING_H
#define ROUTER_WATCH_READING_H

#include "services/router/watch.h"

typedef struct {
    router_watch_t *watch;
    size_t contents; /* texts of content noted */
    size_t bytes;    /* of them */
    bool is_plain;
} router_reading_t;

/* The member of an object if it is of that kind. */
bool router_reading_find(mc_json_t object, const char *key, mc_json_kind_t kind, mc_json_t *ret);
/* The same for a string; empty when there is none. */
mc_text_t router_reading_text(mc_json_t object, const char *key);

/* Text, reasoning or arguments that were delivered; the member of that name, if it is a string. */
void router_reading_content(router_reading_t *self, mc_json_t object, const char *key);
/* Content that cannot be counted, or a name: a tool call begins. */
void router_reading_thing(router_reading_t *self, mc_text_t name);
/* The first reason is kept. */
void router_reading_finish(router_reading_t *self, mc_text_t reason);
/* The first error is kept. */
void router_reading_error(router_reading_t *self, mc_text_t type, mc_text_t message);
/* The error that the object tells of in any of the ways servers do, if there is one. */
void router_reading_find_error(router_reading_t *self, mc_json_t object);
/* id and model, if they are there. */
void router_reading_identity(router_reading_t *self, mc_json_t object);
/* The member "usage", if there is one. */
void router_reading_usage(router_reading_t *self, mc_json_t object);
void router_reading_end(router_reading_t *self);

/* The dialects. type is the event's; empty where it has none. */
void router_watch_read_chat(router_reading_t *self, mc_json_t event);
void router_watch_read_response_event(router_reading_t *self, mc_text_t type, mc_json_t event);
void router_watch_read_message_event(router_reading_t *self, mc_text_t type, mc_json_t event);
/* Whole answers. */
void router_watch_read_chat_body(router_reading_t *self, mc_json_t body);
void router_watch_read_embeddings_body(router_reading_t *self, mc_json_t body);
void router_watch_read_response_body(router_reading_t *self, mc_json_t body);
void router_watch_read_message_body(router_reading_t *self, mc_json_t body);
void router_watch_read_count_body(router_reading_t *self, mc_json_t body);

/* Makes the event the pattern for those that follow, if it can be one. */
void router_watch_pattern_learn(router_watch_pattern_t *self, const router_reading_t *reading,
                                mc_text_t type, mc_text_t data);
/* True when the event differs from the pattern in its holes only: what it says is the same but for
 * the bytes of content, which come back. */
bool router_watch_pattern_fits(const router_watch_pattern_t *self, mc_text_t type, mc_text_t data,
                               size_t *ret_content_bytes);

#endif
