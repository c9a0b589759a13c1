/*
 *  edge - what the HTTP doors of ingest share
 */
#include "services/ingest/edge.h"

#include <strings.h>

#include "services/ingest/gzip.h"

const mc_http_limits_t ingest_http_limits = {
    .bodies_bytes_max = INGEST_BODIES_BYTES_MAX,
};

static bool
is_word(mc_text_t text, const char *word)
{
    return strlen(word) == text.size && !strncasecmp(text.data, word, text.size);
}

int
ingest_edge_body(const ingest_t *self, mc_http_request_t *request, mc_buffer_t *plain,
                 mc_text_t *ret_body, mc_refusal_t *refusal)
{
    mc_text_t encoding = mc_http_header(request, "Content-Encoding");
    size_t bytes_max = (size_t)self->settings->ingest_body_bytes_max;
    if (encoding.size == 0 || is_word(encoding, "identity")) {
        *ret_body = mc_http_body(request);
        return 0;
    }
    if (!is_word(encoding, "gzip"))
        return mc_refuse(refusal, MC_BAD_MEDIA_TYPE_ERROR, "Content-Encoding",
                         "Content-Encoding is \"%.*s\"; gzip and identity are read here",
                         MC_FMT(encoding));
    mc_buffer_init(plain, bytes_max + 65536);
    if (ingest_gzip_inflate(mc_http_body(request), bytes_max, plain, refusal) == MC_REFUSED)
        return MC_REFUSED;
    *ret_body = mc_buffer_content(plain);
    return 0;
}

/* Until the first agent key exists, whoever reaches the port may send. */
static bool
is_open_door(ingest_t *self)
{
    if (mc_api_keys_has_agent_key(self->keys))
        return false;
    if (!self->is_door_logged)
        mc_log(&ingest_log_open_door, "address=%s", self->settings->listen_address);
    self->is_door_logged = true;
    return true;
}

int
ingest_authorize(void *state, mc_http_request_t *request, mc_role_t least, mc_refusal_t *refusal)
{
    ingest_t *self = state;
    mc_text_t authorization = mc_http_header(request, "Authorization");
    if (least == MC_ROLE_NONE || (authorization.size == 0 && is_open_door(self)))
        return 0;
    const mc_api_key_t *key = mc_api_keys_verify(self->keys, authorization);
    if (!key && is_open_door(self))
        return 0;
    if (!key)
        return mc_refuse(refusal, MC_UNAUTHENTICATED_ERROR, "Authorization",
                         "an agent key is needed: Authorization: Bearer mck_...; make one with "
                         "missionctl keys create --role agent --name NAME");
    mc_role_t role = mc_role(key->role);
    if (role < least || role == MC_ROLE_viewer) /* who may only look adds nothing to see */
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "Authorization",
                         "the key %.*s is a %.*s key and may not send", MC_FMT(key->id),
                         MC_FMT(key->role));
    mc_http_set_caller(request, role, key->name);
    return 0;
}
