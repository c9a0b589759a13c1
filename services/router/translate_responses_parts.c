/*
 *  translate_responses_parts - content of input items as content of a chat message
 */
#include "translate_responses.h"

static int
refuse_missing(const char *path, const char *name, mc_refusal_t *refusal)
{
    router_path_t field = router_path(path, name, SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is missing: what is stored with another provider cannot be sent",
                     field.text);
}

static int
put_image(mc_json_t part, const char *path, router_put_t *put, mc_refusal_t *refusal)
{
    mc_text_t url = router_member_text(part, "image_url");
    mc_text_t detail = router_member_text(part, "detail");
    if (url.size == 0)
        return refuse_missing(path, "image_url", refusal);
    router_put_object(put, NULL);
    router_put_string(put, "type", "image_url");
    router_put_object(put, "image_url");
    router_put_text(put, "url", url);
    if (detail.size > 0 && !mc_text_is(detail, "auto"))
        router_put_text(put, "detail", detail);
    router_put_end_object(put);
    router_put_end_object(put);
    return 0;
}

static int
put_file(mc_json_t part, const char *path, router_put_t *put, mc_refusal_t *refusal)
{
    mc_text_t data = router_member_text(part, "file_data");
    mc_text_t name = router_member_text(part, "filename");
    if (data.size == 0)
        return refuse_missing(path, "file_data", refusal);
    router_put_object(put, NULL);
    router_put_string(put, "type", "file");
    router_put_object(put, "file");
    if (name.size > 0)
        router_put_text(put, "filename", name);
    router_put_text(put, "file_data", data);
    router_put_end_object(put);
    router_put_end_object(put);
    return 0;
}

static int
put_part(mc_json_t part, const char *path, router_put_t *put, mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(part, "type");
    bool is_text = mc_text_is(type, "input_text") || mc_text_is(type, "output_text") ||
                   mc_text_is(type, "text");
    if (mc_json_kind(part) != MC_JSON_OBJECT)
        return router_refuse_kind(path, "", ROUTER_IS_OBJECT, refusal);
    if (is_text) {
        router_put_object(put, NULL);
        router_put_string(put, "type", "text");
        router_put_text(put, "text", router_member_text(part, "text"));
        router_put_end_object(put);
        return 0;
    }
    if (mc_text_is(type, "input_image"))
        return put_image(part, path, put, refusal);
    if (mc_text_is(type, "input_file"))
        return put_file(part, path, put, refusal);
    router_path_t field = router_path(path, "type", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is \"%.*s\", which this model cannot be told", field.text, MC_FMT(type));
}

/* A single text goes as a string: every server takes that. */
static bool
is_single_text(mc_json_t content, mc_text_t *ret_text)
{
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    mc_json_t part;
    if (mc_json_count(content) != 1 || !mc_json_next(&iter, &key, &part) ||
        !mc_text_is(router_member_text(part, "type"), "input_text"))
        return false;
    *ret_text = router_member_text(part, "text");
    return true;
}

int
router_input_content(mc_json_t content, const char *name, const char *path, router_put_t *put,
                     mc_refusal_t *refusal)
{
    mc_text_t text, key;
    mc_json_t part;
    if (mc_json_kind(content) == MC_JSON_STRING) {
        router_put_json(put, "content", content);
        return 0;
    }
    if (mc_json_kind(content) != MC_JSON_ARRAY)
        return router_refuse_kind(path, name, ROUTER_IS_TEXT | ROUTER_IS_ARRAY, refusal);
    if (is_single_text(content, &text)) {
        router_put_text(put, "content", text);
        return 0;
    }
    mc_json_iter_t iter = mc_json_iter(content);
    router_put_array(put, "content");
    for (size_t i = 0; mc_json_next(&iter, &key, &part); i++) {
        router_path_t place = router_path(path, name, i);
        if (put_part(part, place.text, put, refusal) != 0)
            return MC_REFUSED;
    }
    router_put_end_array(put);
    return 0;
}
