/*
 *  ask - what a route can learn of its request
 */
#include "edge.h"

static mc_text_t
find_pair(const mc_http_pair_t *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (mc_text_is(pairs[i].name, name))
            return pairs[i].value;
    return (mc_text_t){0};
}

/* Of the headers or cookies; nothing once the client is gone. */
static mc_text_t
find_value(const mc_http_request_t *request, enum MHD_ValueKind kind, const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (request->peer)
        MHD_lookup_connection_value_n(request->peer->connection, kind, name, strlen(name), &value,
                                      &size);
    return (mc_text_t){value, value ? size : 0};
}

mc_text_t
mc_http_method(const mc_http_request_t *request)
{
    return mc_text(request->method);
}

mc_text_t
mc_http_path(const mc_http_request_t *request)
{
    return request->path;
}

mc_text_t
mc_http_param(const mc_http_request_t *request, const char *name)
{
    return find_pair(request->params, request->param_count, name);
}

mc_text_t
mc_http_query(const mc_http_request_t *request, const char *name)
{
    return find_pair(request->query, request->query_count, name);
}

bool
mc_http_query_next(const mc_http_request_t *request, size_t *at, mc_text_t *ret_name,
                   mc_text_t *ret_value)
{
    if (*at >= request->query_count)
        return false;
    *ret_name = request->query[*at].name;
    *ret_value = request->query[*at].value;
    ++*at;
    return true;
}

mc_text_t
mc_http_header(const mc_http_request_t *request, const char *name)
{
    return find_value(request, MHD_HEADER_KIND, name);
}

typedef struct {
    mc_http_header_fn *header;
    void *arg;
} listener_t;

static enum MHD_Result
tell_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_size,
            const char *value, size_t value_size)
{
    (void)kind;
    const listener_t *listener = arg;
    listener->header(listener->arg, (mc_text_t){name, name_size},
                     (mc_text_t){value, value ? value_size : 0});
    return MHD_YES;
}

void
mc_http_each_header(const mc_http_request_t *request, mc_http_header_fn *header, void *arg)
{
    listener_t listener = {header, arg};
    if (request->peer)
        MHD_get_connection_values_n(request->peer->connection, MHD_HEADER_KIND, tell_header,
                                    &listener);
}

mc_text_t
mc_http_cookie(const mc_http_request_t *request, const char *name)
{
    return find_value(request, MHD_COOKIE_KIND, name);
}

mc_text_t
mc_http_body(const mc_http_request_t *request)
{
    return mc_buffer_content(&request->body);
}

mc_text_t
mc_http_peer(const mc_http_request_t *request)
{
    return request->peer ? mc_text(request->peer->address) : (mc_text_t){0};
}

mc_arena_t *
mc_http_arena(mc_http_request_t *request)
{
    return request->arena;
}

const mc_http_route_t *
mc_http_route(const mc_http_request_t *request)
{
    return request->route;
}

void
mc_http_set_caller(mc_http_request_t *request, mc_role_t role, mc_text_t name)
{
    request->role = role;
    request->caller = mc_arena_text(request->arena, name);
}

mc_role_t
mc_http_role(const mc_http_request_t *request)
{
    return request->role;
}

mc_text_t
mc_http_caller(const mc_http_request_t *request)
{
    return request->caller;
}

void
mc_http_on_gone(mc_http_request_t *request, void (*gone)(void *arg), void *arg)
{
    request->gone = gone;
    request->gone_arg = arg;
}
