/*
 *  pool - requests of an edge, used again with the memory they have
 */
#include "edge.h"

#include <stdlib.h>

#define KEPT_BODY_BYTES ((size_t)64 << 10)

static mc_http_request_t *
make_request(mc_http_edge_t *edge)
{
    mc_http_request_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->edge = edge;
    self->arena = mc_arena_new();
    return self;
}

mc_http_request_t *
mc_http_request_take(mc_http_edge_t *edge)
{
    mc_http_request_t *self = LIST_FIRST(&edge->unused);
    if (self) {
        LIST_REMOVE(self, link);
        edge->unused_count--;
    } else {
        self = make_request(edge);
    }
    self->answer.fd = -1;
    LIST_INSERT_HEAD(&edge->requests, self, link);
    return self;
}

void
mc_http_request_drop_body(mc_http_request_t *self)
{
    self->edge->bodies_bytes -= self->body.size;
    mc_http_edge_count(self->edge, MC_HTTP_METRIC_bodies, -(int64_t)self->body.size);
    if (self->body.capacity > KEPT_BODY_BYTES)
        mc_buffer_clear(&self->body);
    else if (self->body.size)
        explicit_bzero(self->body.data, self->body.size); /* it may have held a secret */
    mc_buffer_reset(&self->body);
}

static void
destroy_request(mc_http_request_t *self)
{
    mc_http_answer_drop(self);
    mc_buffer_clear(&self->body);
    mc_arena_destroy(&self->arena);
    free(self);
}

/* Everything is zero again but the arena and the memory of the body. */
static void
forget(mc_http_request_t *self)
{
    self->peer = NULL;
    self->route = NULL;
    self->stage = MC_HTTP_HEADERS;
    self->is_lost = self->is_refusing = self->is_suspended = false;
    self->method[0] = '\0';
    self->uri = self->path = self->caller = (mc_text_t){0};
    self->param_count = self->query_count = 0;
    self->body_bytes = 0;
    self->role = MC_ROLE_NONE;
    self->gone = NULL;
    self->answer.status = 0;
    self->answer.content_type = NULL;
    self->answer.header_count = 0;
    self->answer.has_cache_control = false;
    mc_arena_clear(self->arena);
}

void
mc_http_request_give_back(mc_http_request_t *self)
{
    mc_http_edge_t *edge = self->edge;
    LIST_REMOVE(self, link);
    mc_http_request_drop_body(self);
    mc_http_answer_drop(self);
    if (edge->unused_count == MC_HTTP_KEPT_REQUESTS_MAX) {
        destroy_request(self);
        return;
    }
    forget(self);
    LIST_INSERT_HEAD(&edge->unused, self, link);
    edge->unused_count++;
}

static void
destroy_all(struct mc_http_requests *list)
{
    mc_http_request_t *request;
    while ((request = LIST_FIRST(list))) {
        LIST_REMOVE(request, link);
        destroy_request(request);
    }
}

void
mc_http_requests_destroy(mc_http_edge_t *edge)
{
    destroy_all(&edge->requests);
    destroy_all(&edge->unused);
}
