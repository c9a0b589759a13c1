/*
 *  route - which row of the table answers a request
 *
 *  The first row whose path and method fit. Segments are compared as they came,
 *  so an encoded slash stays inside its segment; only then they are decoded.
 */
#include "edge.h"

#include <stdio.h>

/* The segment up to the next slash. */
static mc_text_t
segment(const char *at, const char *end)
{
    const char *slash = memchr(at, '/', (size_t)(end - at));
    return (mc_text_t){at, (size_t)((slash ? slash : end) - at)};
}

static void
add_param(mc_http_request_t *request, mc_text_t name, mc_text_t value)
{
    assert(request->param_count < MC_HTTP_PARAMS_MAX);
    request->params[request->param_count++] = (mc_http_pair_t){name, value};
}

/* Does the path fit the pattern? The params are then filled with what came. */
static bool
fits(mc_http_request_t *request, const char *pattern)
{
    const char *at = request->path.data, *end = at + request->path.size;
    request->param_count = 0;
    while (*pattern && at < end) {
        if (*pattern == '*') {
            add_param(request, MC_TEXT("*"), (mc_text_t){at, (size_t)(end - at)});
            return true;
        }
        if (*pattern == '{') {
            const char *close = strchr(pattern, '}');
            assert(close);
            mc_text_t value = segment(at, end);
            if (value.size == 0)
                return false;
            add_param(request, (mc_text_t){pattern + 1, (size_t)(close - pattern - 1)}, value);
            at += value.size;
            pattern = close + 1;
        } else if (*pattern++ != *at++) {
            return false;
        }
    }
    return at == end && (!*pattern || !strcmp(pattern, "*"));
}

static bool
is_wildcard(const char *pattern)
{
    size_t size = strlen(pattern);
    return size > 0 && pattern[size - 1] == '*';
}

static bool
answers(const mc_http_route_t *route, const char *method)
{
    return !strcmp(route->method, method) ||
           (!strcmp(method, "HEAD") && !strcmp(route->method, "GET"));
}

/* Adds the methods of a row to Allow, each once. */
static void
add_allowed(char *allow, size_t size, const char *method)
{
    size_t used = strlen(allow);
    if (strstr(allow, method))
        return;
    snprintf(allow + used, size - used, "%s%s%s", used ? ", " : "", method,
             strcmp(method, "GET") ? "" : ", HEAD");
}

static int
decode_params(mc_http_request_t *request, mc_refusal_t *refusal)
{
    for (size_t i = 0; i < request->param_count; i++) {
        mc_http_pair_t *param = &request->params[i];
        if (mc_text_is(param->name, "*"))
            continue;
        if (mc_http_decode(request->arena, param->value, false, &param->value) != 0)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                             "the part %.*s of the path is not percent-encoded UTF-8",
                             MC_FMT(param->name));
    }
    return 0;
}

/* There is such a path, but not with this method: OPTIONS is answered, others are refused. */
static int
answer_method(mc_http_request_t *request, const char *allow, mc_refusal_t *refusal)
{
    mc_http_add_header(request, "Allow", allow);
    if (strcmp(request->method, "OPTIONS"))
        return mc_refuse(refusal, MC_BAD_METHOD_ERROR, NULL, "%s is not answered here, only %s",
                         request->method, allow);
    mc_http_answer_empty(request, MHD_HTTP_NO_CONTENT);
    return 0;
}

int
mc_http_find_route(mc_http_request_t *request, mc_refusal_t *refusal)
{
    char allow[128] = "";
    for (const mc_http_route_t *route = request->edge->routes; route->path; route++) {
        if (!fits(request, route->path))
            continue;
        if (answers(route, request->method)) {
            request->route = route;
            return decode_params(request, refusal);
        }
        /* A path that only the catch-all knows does not exist. */
        if (!is_wildcard(route->path) || !strcmp(request->method, "OPTIONS"))
            add_allowed(allow, sizeof allow, route->method);
    }
    if (allow[0]) {
        add_allowed(allow, sizeof allow, "OPTIONS");
        return answer_method(request, allow, refusal);
    }
    int shown = (int)(request->path.size > 128 ? 128 : request->path.size);
    return mc_refuse(refusal, MC_UNKNOWN_ROUTE_ERROR, NULL, "there is no %s %.*s", request->method,
                     shown, request->path.data);
}
