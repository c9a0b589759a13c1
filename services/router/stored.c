/*
 *  stored - what is asked of a response that a provider has stored
 *
 *  It goes to the provider that made it, as it came; one that nobody remembers is
 *  not found, in OpenAI's shape. No model is chosen and nothing is tried twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/clock.h"
#include "services/router/door.h"
#include "services/router/router.h"
#include "services/router/routing.h"
#include "services/router/translate.h"

#define PATH_BYTES 2048
#define AUTH_BYTES 17000
#define TIMEOUT_MS 60000

typedef struct {
    router_t *router;
    mc_http_request_t *request;
    mc_http_call_t *call;
    bool is_delete;
    char secret[101]; /* the name of the key that was sent, and which value of it */
    int64_t version;
    char id[256];
} stored_t;

static void
on_gone(void *arg)
{
    stored_t *self = arg;
    mc_http_client_cancel(self->router->client, self->call);
    free(self);
}

static void
answer_error(mc_http_request_t *request, int status, const char *message)
{
    mc_buffer_t content = {0};
    router_error_t error = {.status = status, .message = mc_text(message)};
    router_error_body(ROUTER_RESPONSES, &error, &content);
    mc_http_answer_json(request, status, &content);
}

static void
on_done(void *arg, const mc_http_reply_t *reply, const char *reason)
{
    stored_t *self = arg;
    mc_buffer_t content = {0};
    if (!reply) {
        answer_error(self->request, 502, reason);
        free(self);
        return;
    }
    if (self->is_delete && reply->status < 300)
        router_affinity_drop(self->router->affinity, mc_text(self->id));
    int found = self->version ? router_secrets_mask(self->router->secrets, mc_text(self->secret),
                                                    self->version, reply->body)
                              : 0;
    if (found > 0)
        mc_http_call_spoil(reply->call);
    if (found == -1) {
        answer_error(self->request, 502, "the key of the provider was changed during the call");
        free(self);
        return;
    }
    mc_buffer_text(&content, reply->body);
    mc_http_answer_json(self->request, reply->status, &content);
    free(self);
}

/* The provider that made the response and can be asked now, or NULL when it was refused. */
static const router_provider_t *
find_provider(router_t *router, mc_http_request_t *request, mc_text_t id)
{
    const router_registry_t *registry = router_routing_registry(router->routing);
    mc_text_t name = router_affinity_find(router->affinity, id, mc_clock_steady_us());
    const router_provider_t *provider =
        registry && name.size ? router_registry_provider(registry, name) : NULL;
    if (!provider)
        mc_http_refuse_with(request, MC_NOT_FOUND_ERROR,
                            "Response with id '%.*s' not found: no provider here has made it",
                            (int)(id.size > 128 ? 128 : id.size), id.data);
    return provider;
}

static void
ask(stored_t *self, const router_provider_t *provider, const char *url)
{
    char auth[AUTH_BYTES];
    mc_text_t key = router_secrets_value(self->router->secrets, provider->secret);
    snprintf(self->secret, sizeof self->secret, "%.*s", MC_FMT(provider->secret));
    self->version = router_secrets_version(self->router->secrets, provider->secret);
    snprintf(auth, sizeof auth, "%s%.*s",
             provider->adapter->auth == ROUTER_AUTH_API_KEY ? "api-key: "
                                                            : "Authorization: Bearer ",
             MC_FMT(key));
    const char *headers[] = {"Content-Type: application/json", key.size ? auth : NULL, NULL};
    char method[16];
    snprintf(method, sizeof method, "%.*s", MC_FMT(mc_http_method(self->request)));
    mc_http_question_t question = {
        .method = method,
        .url = url,
        .headers = headers,
        .body = mc_http_body(self->request),
        .timeout_ms = TIMEOUT_MS,
        .answer_bytes_max = (size_t)self->router->settings->router_answer_bytes_max,
    };
    self->call = mc_http_client_ask(self->router->client, &question, on_done, self);
    explicit_bzero(auth, strlen(auth));
}

static void
add_query(const mc_http_request_t *request, char *url, size_t size)
{
    size_t at = 0;
    mc_text_t name, value;
    const char *mark = "?";
    while (mc_http_query_next(request, &at, &name, &value)) {
        size_t used = strlen(url);
        snprintf(url + used, size - used, "%s%.*s=%.*s", mark, MC_FMT(name), MC_FMT(value));
        mark = "&";
    }
}

/* Only what can stand in a path and a query as it is, so that nothing else is asked for. */
static bool
is_plain(const char *text)
{
    return text[strspn(text,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/?=&"
                       "[]%,")] == '\0';
}

void
router_on_response(void *state, mc_http_request_t *request)
{
    router_t *router = state;
    mc_text_t id = mc_http_param(request, "id");
    const router_provider_t *provider = find_provider(router, request, id);
    mc_text_t path = mc_http_path(request);
    char url[PATH_BYTES];
    if (!provider)
        return;
    const char *tail = memmem(path.data, path.size, "/responses/", 11);
    snprintf(url, sizeof url, "%.*s%.*s", MC_FMT(provider->base_url),
             (int)(path.data + path.size - tail), tail);
    add_query(request, url, sizeof url);
    if (!is_plain(url)) {
        mc_http_refuse_with(request, MC_BAD_INPUT_ERROR,
                            "the path or the query has characters that "
                            "no response id has");
        return;
    }
    stored_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (stored_t){.router = router,
                       .request = request,
                       .is_delete = mc_text_is(mc_http_method(request), "DELETE")};
    snprintf(self->id, sizeof self->id, "%.*s", MC_FMT(id));
    ask(self, provider, url);
    mc_http_on_gone(request, on_gone, self);
}
