/*
 *  stored - what is asked of a response that a provider has stored
 *
 *  It goes to the provider that made it, as it came; one that nobody remembers is
 *  not found, in OpenAI's shape. No model is chosen and nothing is tried twice.
 *  The boundary is asked like for a call: who is stopped reaches no provider, not
 *  even to cancel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/clock.h"
#include "services/router/admission.h"
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
    mc_arena_t *arena; /* of the identity */
    router_identity_t identity;
    router_admission_t admission;
} stored_t;

static void
destroy(stored_t **address)
{
    stored_t *self = mc_take(address);
    if (self->call)
        mc_http_client_cancel(self->router->client, self->call);
    router_admission_leave(&self->admission);
    mc_arena_destroy(&self->arena);
    free(self);
}

static void
on_gone(void *arg)
{
    stored_t *self = arg;
    destroy(&self);
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
    self->call = NULL;
    if (!reply) {
        answer_error(self->request, 502, reason);
        destroy(&self);
        return;
    }
    if (self->is_delete && reply->status < 300)
        router_affinity_share_drop(self->router->affinity_share, mc_text(self->id));
    int found = self->version ? router_secrets_mask(self->router->secrets, mc_text(self->secret),
                                                    self->version, reply->body)
                              : 0;
    if (found > 0)
        mc_http_call_spoil(reply->call);
    if (found == -1) {
        answer_error(self->request, 502, "the key of the provider was changed during the call");
        destroy(&self);
        return;
    }
    mc_buffer_text(&content, reply->body);
    mc_http_answer_json(self->request, reply->status, &content);
    destroy(&self);
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

/* Where it is asked for; false when it was refused. */
static bool
make_url(const mc_http_request_t *request, const router_provider_t *provider, char *url)
{
    mc_text_t path = mc_http_path(request);
    const char *tail = memmem(path.data, path.size, "/responses/", 11);
    snprintf(url, PATH_BYTES, "%.*s%.*s", MC_FMT(provider->base_url),
             (int)(path.data + path.size - tail), tail);
    add_query(request, url, PATH_BYTES);
    return is_plain(url);
}

/* Has been admitted. The provider may be another row by now, or none. */
static void
go_on(void *arg)
{
    stored_t *self = arg;
    char url[PATH_BYTES];
    const router_provider_t *provider =
        find_provider(self->router, self->request, mc_text(self->id));
    if (!provider) {
        destroy(&self);
    } else if (!make_url(self->request, provider, url)) {
        mc_http_refuse_with(self->request, MC_BAD_INPUT_ERROR,
                            "the path or the query has characters that "
                            "no response id has");
        destroy(&self);
    } else {
        ask(self, provider, url);
    }
}

static void
refuse(void *arg, const mc_refusal_t *refusal)
{
    stored_t *self = arg;
    mc_http_refuse(self->request, refusal);
    destroy(&self);
}

static const mc_boundary_calls_t calls = {go_on, refuse, refuse};

typedef struct {
    stored_t *stored;
    mc_refusal_t refusal;
    bool is_refused;
} headers_t;

static void
on_header(void *arg, mc_text_t name, mc_text_t value)
{
    headers_t *headers = arg;
    stored_t *self = headers->stored;
    if (!headers->is_refused)
        headers->is_refused = router_identity_take(&self->identity, self->arena, name, value,
                                                   &headers->refusal) == MC_REFUSED;
}

static void
begin(stored_t *self, mc_text_t provider)
{
    headers_t headers = {.stored = self};
    mc_http_each_header(self->request, on_header, &headers);
    if (headers.is_refused) {
        refuse(self, &headers.refusal);
        return;
    }
    router_door_identity(self->router, self->request, self->arena, &self->identity);
    mc_http_on_gone(self->request, on_gone, self);
    router_admission_init(&self->admission, &self->identity, mc_http_body(self->request).size,
                          &calls, self);
    int outcome = router_admission_enter(&self->admission, self->router->boundary, provider,
                                         (mc_text_t){0}, &headers.refusal);
    if (outcome == 0)
        go_on(self);
    else if (outcome == MC_REFUSED)
        refuse(self, &headers.refusal);
}

void
router_on_response(void *state, mc_http_request_t *request)
{
    router_t *router = state;
    mc_text_t id = mc_http_param(request, "id");
    const router_provider_t *provider = find_provider(router, request, id);
    if (!provider)
        return;
    stored_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    *self = (stored_t){.router = router,
                       .request = request,
                       .is_delete = mc_text_is(mc_http_method(request), "DELETE"),
                       .arena = mc_arena_new()};
    snprintf(self->id, sizeof self->id, "%.*s", MC_FMT(id));
    begin(self, mc_arena_text(self->arena, provider->name));
}
