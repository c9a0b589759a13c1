/*
 *  translate_count - count_tokens where the provider has no such endpoint: an estimate
 *
 *  Text counts a token for every four bytes (names and keys of tools included),
 *  rounded up, each message four more for its frame, an image 1,600 and a page of
 *  a document by its bytes. It is meant to be on the high side: clients use the
 *  number to stay below a limit.
 */
#include "translate_fields.h"

#define BYTES_A_TOKEN 4
#define TOKENS_A_MESSAGE 4
#define TOKENS_AN_IMAGE 1600
#define DOCUMENT_BYTES_A_TOKEN 16 /* of base64: most of a PDF is not text */

static int64_t count_value(mc_json_t value);

static int64_t
tokens_of(size_t bytes, size_t bytes_a_token)
{
    return (int64_t)((bytes + bytes_a_token - 1) / bytes_a_token);
}

static int64_t
count_members(mc_json_t container)
{
    int64_t tokens = 0;
    mc_json_iter_t iter = mc_json_iter(container);
    mc_text_t key;
    for (mc_json_t value; mc_json_next(&iter, &key, &value);)
        tokens += tokens_of(key.size, BYTES_A_TOKEN) + count_value(value);
    return tokens;
}

static int64_t
count_object(mc_json_t object)
{
    mc_json_t source;
    mc_text_t type = router_member_text(object, "type");
    if (mc_text_is(type, "image"))
        return TOKENS_AN_IMAGE;
    if (mc_text_is(type, "document") &&
        router_member_is(object, "source", MC_JSON_OBJECT, &source) &&
        mc_text_is(router_member_text(source, "type"), "base64"))
        return tokens_of(router_member_text(source, "data").size, DOCUMENT_BYTES_A_TOKEN);
    return count_members(object);
}

/* Goes no deeper than the parser let pass. */
static int64_t
count_value(mc_json_t value)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_STRING:
        return tokens_of(mc_json_text(value).size, BYTES_A_TOKEN);
    case MC_JSON_ARRAY:
        return count_members(value);
    case MC_JSON_OBJECT:
        return count_object(value);
    case MC_JSON_NULL:
        return 0;
    default:
        return 1;
    }
}

int
router_count_request(router_translation_t *self, mc_json_t root, mc_buffer_t *out,
                     mc_refusal_t *refusal)
{
    static const char *const counted[] = {"system", "messages", "tools"};
    mc_json_t messages, value;
    if (!router_member_is(root, "messages", MC_JSON_ARRAY, &messages))
        return router_refuse_kind("", "messages", ROUTER_IS_ARRAY, refusal);
    int64_t tokens = (int64_t)mc_json_count(messages) * TOKENS_A_MESSAGE;
    for (size_t i = 0; i < MC_COUNT(counted); i++)
        if (mc_json_find(root, counted[i], &value))
            tokens += count_value(value);
    router_warn(self, "input_tokens", "an estimate, the provider counts none beforehand");
    router_put_t put = router_put(out);
    router_put_object(&put, NULL);
    router_put_i64(&put, "input_tokens", tokens);
    router_put_end_object(&put);
    return 0;
}
