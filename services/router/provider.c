/*
 *  provider - where models are called: a row of aop_providers, and what its kind needs
 */
#include "services/router/provider.h"

#include <ctype.h>
#include <strings.h>

#include "services/router/adapters.def"

#define D(dialect) (1u << ROUTER_##dialect)
#define ADAPTER_ROW(adapter_name, adapter_protocol, adapter_auth, needs, speaks, limit_known,      \
                    usage, extensions, url, card_owner, beginnings, text)                          \
    {.name = (adapter_name),                                                                       \
     .protocol = ROUTER_##adapter_protocol,                                                        \
     .auth = ROUTER_AUTH_##adapter_auth,                                                           \
     .needs_secret = (needs),                                                                      \
     .dialects = (speaks),                                                                         \
     .limit = ROUTER_LIMIT_##limit_known,                                                          \
     .takes_usage_option = (usage),                                                                \
     .takes_extensions = (extensions),                                                             \
     .base_url = (url),                                                                            \
     .cards = (card_owner),                                                                        \
     .prefixes = (beginnings),                                                                     \
     .doc = (text)},

static const router_adapter_t adapters[] = {ROUTER_ADAPTERS(ADAPTER_ROW)};

const router_adapter_t *
router_adapters(size_t *ret_count)
{
    *ret_count = MC_COUNT(adapters);
    return adapters;
}

const router_adapter_t *
router_adapter_find(mc_text_t name)
{
    for (size_t i = 0; i < MC_COUNT(adapters); i++)
        if (mc_text_is(name, adapters[i].name))
            return &adapters[i];
    return NULL;
}

/* Does the name begin with one of the words? */
static bool
begins_with_one(mc_text_t name, const char *words)
{
    while (*words) {
        size_t size = strcspn(words, " ");
        if (size && name.size >= size && !memcmp(name.data, words, size))
            return true;
        words += size;
        words += *words == ' ';
    }
    return false;
}

const router_adapter_t *
router_adapter_of_model(mc_text_t model_id)
{
    for (size_t i = 0; i < MC_COUNT(adapters); i++)
        if (begins_with_one(model_id, adapters[i].prefixes))
            return &adapters[i];
    return NULL;
}

bool
router_adapter_speaks(const router_adapter_t *self, router_dialect_t dialect)
{
    return self->dialects >> dialect & 1;
}

const char *
router_auth_prefix(router_auth_t auth)
{
    static const char *const prefixes[] = {
        [ROUTER_AUTH_NONE] = "",
        [ROUTER_AUTH_BEARER] = "Authorization: Bearer ",
        [ROUTER_AUTH_X_API_KEY] = "x-api-key: ",
        [ROUTER_AUTH_API_KEY] = "api-key: ",
    };
    return prefixes[auth];
}

const char *
router_protocol_name(router_protocol_t protocol)
{
    return protocol == ROUTER_ANTHROPIC ? "anthropic" : "openai";
}

const char *
router_source_name(router_source_t source)
{
    static const char *const names[] = {"product", "file", "added"};
    return names[source];
}

static int
check_name(mc_text_t name, mc_refusal_t *refusal)
{
    bool is_good = name.size && isalnum((unsigned char)name.data[0]);
    for (size_t i = 0; i < name.size; i++)
        is_good = is_good && (isalnum((unsigned char)name.data[i]) || strchr("._-", name.data[i]));
    if (is_good && name.size <= ROUTER_PROVIDER_NAME_MAX)
        return 0;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "name",
                     "name must be letters, digits, dots, dashes and underscores and begin with a "
                     "letter or digit, not \"%.*s\"",
                     name.size > 64 ? 64 : (int)name.size, name.data);
}

static int
find_protocol(mc_text_t word, router_protocol_t *ret_protocol, mc_refusal_t *refusal)
{
    for (int protocol = ROUTER_OPENAI; protocol <= ROUTER_ANTHROPIC; protocol++) {
        if (!mc_text_is(word, router_protocol_name((router_protocol_t)protocol)))
            continue;
        *ret_protocol = (router_protocol_t)protocol;
        return 0;
    }
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "protocol",
                     "protocol must be openai or anthropic, not \"%.*s\"", MC_FMT(word));
}

/* The adapter that is named, else the one of the provider's own name, else any of its protocol. */
static int
choose_adapter(const mc_provider_order_t *order, router_provider_t *self, mc_refusal_t *refusal)
{
    router_protocol_t protocol = ROUTER_OPENAI;
    bool has_protocol = mc_has(order, provider_order, protocol);
    if (has_protocol && find_protocol(order->protocol, &protocol, refusal))
        return MC_REFUSED;

    if (mc_has(order, provider_order, adapter)) {
        self->adapter = router_adapter_find(order->adapter);
        if (!self->adapter)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "adapter", "there is no adapter \"%.*s\"",
                             MC_FMT(order->adapter));
        if (has_protocol && self->adapter->protocol != protocol)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "protocol", "%s speaks %s, not %s",
                             self->adapter->name, router_protocol_name(self->adapter->protocol),
                             router_protocol_name(protocol));
        return 0;
    }

    self->adapter = router_adapter_find(order->name);
    if (self->adapter && (!has_protocol || self->adapter->protocol == protocol))
        return 0;
    if (!has_protocol)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "protocol",
                         "protocol or adapter is needed: openai or anthropic");
    self->adapter =
        router_adapter_find(protocol == ROUTER_ANTHROPIC ? MC_TEXT("anthropic-compatible")
                                                         : MC_TEXT("openai-compatible"));
    return 0;
}

static int
refuse_url(mc_text_t url, const char *why, mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "baseUrl", "baseUrl %s: \"%.*s\"", why,
                     url.size > 100 ? 100 : (int)url.size, url.data);
}

static int
check_url(mc_text_t url, mc_refusal_t *refusal)
{
    size_t scheme = url.size > 7 && !strncasecmp(url.data, "http://", 7)    ? 7
                    : url.size > 8 && !strncasecmp(url.data, "https://", 8) ? 8
                                                                            : 0;
    if (!scheme)
        return refuse_url(url, "must begin with http:// or https:// and name a host", refusal);
    for (size_t i = 0; i < url.size; i++) {
        unsigned char byte = (unsigned char)url.data[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '\\')
            return refuse_url(url, "has a space or a byte that no address has", refusal);
        if (byte == '?' || byte == '#')
            return refuse_url(url, "must be an address without a query", refusal);
        if (byte == '@')
            return refuse_url((mc_text_t){url.data, scheme},
                              "must have no name and password in it; keys belong in the vault",
                              refusal);
    }
    return url.data[scheme] == '/' ? refuse_url(url, "names no host", refusal) : 0;
}

static int
take_url(const mc_provider_order_t *order, router_provider_t *self, mc_refusal_t *refusal)
{
    mc_text_t url = mc_has(order, provider_order, base_url) ? order->base_url
                                                            : mc_text(self->adapter->base_url);
    if (!url.size)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "baseUrl",
                         "baseUrl is needed: %s has no address of its own", self->adapter->name);
    if (check_url(url, refusal))
        return MC_REFUSED;
    while (url.data[url.size - 1] == '/')
        url.size--;
    self->base_url = url;
    return 0;
}

/* Headers that are the router's own business, or that would hold a key. */
static bool
is_reserved(mc_text_t name)
{
    static const char *const reserved[] = {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "cookie",
        "x-goog-api-key",
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "expect",
        "upgrade",
        "proxy-connection",
    };
    for (size_t i = 0; i < MC_COUNT(reserved); i++)
        if (name.size == strlen(reserved[i]) && !strncasecmp(name.data, reserved[i], name.size))
            return true;
    return false;
}

static int
check_header(mc_text_t line, mc_refusal_t *refusal)
{
    const char *colon = memchr(line.data, ':', line.size);
    mc_text_t name = {line.data, colon ? (size_t)(colon - line.data) : 0};
    bool is_good = name.size > 0;
    for (size_t i = 0; i < name.size; i++)
        is_good = is_good &&
                  (isalnum((unsigned char)name.data[i]) || strchr("!#$%&'*+-.^_`|~", name.data[i]));
    for (size_t i = name.size; i < line.size; i++)
        is_good = is_good && ((unsigned char)line.data[i] >= ' ' || line.data[i] == '\t') &&
                  line.data[i] != 0x7f;
    if (!is_good)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "headers",
                         "a header must be \"Name: value\" on a line of its own");
    if (is_reserved(name))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "headers",
                         "the header %.*s cannot be set; a key belongs in the vault: missionctl "
                         "secrets set",
                         MC_FMT(name));
    return 0;
}

static int
check_headers(mc_text_t headers, mc_refusal_t *refusal)
{
    for (size_t at = 0; at < headers.size;) {
        const char *end = memchr(headers.data + at, '\n', headers.size - at);
        size_t size = end ? (size_t)(end - headers.data) - at : headers.size - at;
        if (size && check_header((mc_text_t){headers.data + at, size}, refusal))
            return MC_REFUSED;
        at += size + 1;
    }
    return 0;
}

/* A kind that needs a key does so at its own address; elsewhere, at a proxy or a server in its
 * place, only where a secret was named. */
static bool
needs_secret(const mc_provider_order_t *order, const router_provider_t *self)
{
    if (mc_has(order, provider_order, secret))
        return true;
    const char *own = self->adapter->base_url;
    return self->adapter->needs_secret && (!own || mc_text_is(self->base_url, own));
}

int
router_provider_make(const mc_provider_order_t *order, mc_arena_t *arena,
                     router_provider_t *ret_provider, mc_refusal_t *refusal)
{
    router_provider_t self = {.is_enabled = true};
    if (check_name(order->name, refusal) || choose_adapter(order, &self, refusal) ||
        take_url(order, &self, refusal) || check_headers(order->headers, refusal))
        return MC_REFUSED;

    self.name = mc_arena_text(arena, order->name);
    self.base_url = mc_arena_text(arena, self.base_url);
    self.secret =
        mc_has(order, provider_order, secret) ? mc_arena_text(arena, order->secret) : self.name;
    self.headers = mc_arena_text(arena, order->headers);
    self.needs_secret = needs_secret(order, &self);
    if (mc_has(order, provider_order, is_enabled))
        self.is_enabled = order->is_enabled;
    *ret_provider = self;
    return 0;
}
