/*
 *  auth - who calls: an API key, a login, or the command line on this host
 */
#include "auth.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/clock.h"

static int
refuse_unknown(mc_refusal_t *refusal, const char *what)
{
    return mc_refuse(refusal, MC_UNAUTHENTICATED_ERROR, "", "%s", what);
}

static int
refuse_away(mc_refusal_t *refusal)
{
    return mc_refuse(refusal, MC_STORE_AWAY_ERROR, "",
                     "the database cannot be reached, so nobody is known yet");
}

static int
identify_key(gateway_t *gateway, mc_text_t header, gateway_caller_t *ret_caller,
             mc_refusal_t *refusal)
{
    if (!mc_api_keys_is_loaded(gateway->keys))
        return refuse_away(refusal);
    const mc_api_key_t *key = mc_api_keys_verify(gateway->keys, header);
    if (!key)
        return refuse_unknown(refusal, "this API key is not known, or was taken back");
    *ret_caller = (gateway_caller_t){.role = mc_role(key->role), .name = key->name, .key = key};
    return 0;
}

static bool
is_loopback(mc_text_t peer)
{
    return (peer.size > 4 && !memcmp(peer.data, "127.", 4)) || mc_text_is(peer, "::1") ||
           (peer.size > 11 && !memcmp(peer.data, "::ffff:127.", 11));
}

static int
identify_local(gateway_t *gateway, mc_http_request_t *request, mc_text_t token,
               gateway_caller_t *ret_caller, mc_refusal_t *refusal)
{
    bool is_whole = token.size == GATEWAY_LOCAL_TOKEN_SIZE - 1;
    if (!is_whole || sodium_memcmp(token.data, gateway->local_token, token.size) ||
        !is_loopback(mc_http_peer(request)))
        return refuse_unknown(refusal, "x-mc-local is not the token of this gateway, or came from"
                                       " another host");
    *ret_caller = (gateway_caller_t){.role = MC_ROLE_admin, .name = MC_TEXT("local")};
    return 0;
}

static bool
changes_something(const mc_http_request_t *request)
{
    mc_text_t method = mc_http_method(request);
    return !mc_text_is(method, "GET") && !mc_text_is(method, "HEAD");
}

static int
identify_session(gateway_t *gateway, mc_http_request_t *request, mc_text_t cookie,
                 gateway_caller_t *ret_caller, mc_refusal_t *refusal)
{
    char hash[GATEWAY_TOKEN_SIZE];
    if (!gateway_sessions_is_loaded(gateway->sessions))
        return refuse_away(refusal);
    gateway_token_hash(cookie, hash);
    const gateway_session_t *session =
        gateway_sessions_find(gateway->sessions, hash, mc_clock_us());
    if (!session)
        return refuse_unknown(refusal, "this login is over; log in again");
    mc_text_t csrf = mc_http_header(request, "x-mc-csrf");
    if (changes_something(request) && (csrf.size != GATEWAY_TOKEN_SIZE - 1 ||
                                       sodium_memcmp(csrf.data, session->csrf_token, csrf.size)))
        return mc_refuse(refusal, MC_CSRF_FAILED_ERROR, "x-mc-csrf",
                         "x-mc-csrf must carry the csrfToken of the login");
    *ret_caller = (gateway_caller_t){
        .role = session->role, .name = mc_text(session->operator), .session = session};
    return 0;
}

int
gateway_identify(gateway_t *gateway, mc_http_request_t *request, gateway_caller_t *ret_caller,
                 mc_refusal_t *refusal)
{
    mc_text_t header = mc_http_header(request, "Authorization");
    mc_text_t local = mc_http_header(request, "x-mc-local");
    mc_text_t cookie = mc_http_cookie(request, GATEWAY_COOKIE);
    if (header.size)
        return identify_key(gateway, header, ret_caller, refusal);
    if (local.size)
        return identify_local(gateway, request, local, ret_caller, refusal);
    if (cookie.size)
        return identify_session(gateway, request, cookie, ret_caller, refusal);
    *ret_caller = (gateway_caller_t){.role = MC_ROLE_NONE};
    return 0;
}

int
gateway_authorize(void *state, mc_http_request_t *request, mc_role_t least, mc_refusal_t *refusal)
{
    gateway_caller_t caller = {.role = MC_ROLE_NONE};
    if (least == MC_ROLE_NONE)
        return 0;
    if (gateway_identify(state, request, &caller, refusal))
        return MC_REFUSED;
    if (caller.role == MC_ROLE_NONE)
        return refuse_unknown(refusal, "log in, or send an API key as Authorization: Bearer");
    if (caller.role < least)
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "this needs the role %s; the caller is %s", mc_role_name(least),
                         mc_role_name(caller.role));
    /* A key may be called like an operator: it is not one. */
    if (caller.key)
        caller.name = mc_arena_printf(mc_http_arena(request), "key:%.*s", MC_FMT(caller.name));
    mc_http_set_caller(request, caller.role, caller.name);
    return 0;
}
