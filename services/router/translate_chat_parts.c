/*
 *  translate_chat_parts - parts of a chat message as Anthropic's content blocks
 */
#include "translate_turns.h"

static mc_text_t
trim_end(mc_text_t text)
{
    while (text.size > 0 && router_text_is_blank((mc_text_t){text.data + text.size - 1, 1}))
        text.size--;
    return text;
}

static void
put_cache_control(router_put_t *put, mc_json_t own, mc_json_t of_message)
{
    mc_json_t value;
    if (router_member_is(own, "cache_control", MC_JSON_OBJECT, &value))
        router_put_json(put, "cache_control", value);
    else if (router_has(of_message))
        router_put_json(put, "cache_control", of_message);
}

/* "data:image/png;base64,AAAA"; false for any other form. */
static bool
split_data_url(mc_text_t url, mc_text_t *ret_media, mc_text_t *ret_data)
{
    if (!router_text_starts(url, "data:"))
        return false;
    const char *comma = memchr(url.data, ',', url.size);
    if (!comma)
        return false;
    mc_text_t head = {url.data + 5, (size_t)(comma - url.data) - 5};
    if (head.size < 7 || memcmp(comma - 7, ";base64", 7) != 0)
        return false;
    const char *semicolon = memchr(head.data, ';', head.size);
    *ret_media = (mc_text_t){head.data, (size_t)(semicolon - head.data)};
    *ret_data = (mc_text_t){comma + 1, url.size - (size_t)(comma - url.data) - 1};
    return true;
}

static void
put_source(router_put_t *put, mc_text_t media, mc_text_t data)
{
    router_put_object(put, "source");
    router_put_string(put, "type", "base64");
    router_put_text(put, "media_type", media);
    router_put_text(put, "data", data);
    router_put_end_object(put);
}

static bool
is_image_type(mc_text_t media)
{
    static const char *const types[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    for (size_t i = 0; i < MC_COUNT(types); i++)
        if (mc_text_is(media, types[i]))
            return true;
    return false;
}

static int
put_image(router_put_t *put, mc_json_t part, const char *path, mc_refusal_t *refusal)
{
    mc_json_t image = part;
    mc_text_t url = router_member_text(part, "image_url"), media, data;
    if (router_member_is(part, "image_url", MC_JSON_OBJECT, &image))
        url = router_member_text(image, "url");
    router_path_t field = router_path(path, "image_url.url", SIZE_MAX);
    router_put_string(put, "type", "image");
    if (router_text_starts(url, "http://") || router_text_starts(url, "https://")) {
        router_put_object(put, "source");
        router_put_string(put, "type", "url");
        router_put_text(put, "url", url);
        router_put_end_object(put);
        return 0;
    }
    if (!split_data_url(url, &media, &data))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s must be an http address or data:TYPE;base64,...", field.text);
    if (mc_text_is(media, "image/jpg"))
        media = MC_TEXT("image/jpeg");
    if (!is_image_type(media))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is %.*s, Anthropic takes jpeg, png, gif and webp", field.text,
                         MC_FMT(media));
    put_source(put, media, data);
    return 0;
}

static int
put_file(router_put_t *put, mc_json_t part, const char *path, mc_refusal_t *refusal)
{
    mc_json_t file;
    mc_text_t media, data;
    router_path_t field = router_path(path, "file.file_data", SIZE_MAX);
    if (!router_member_is(part, "file", MC_JSON_OBJECT, &file) ||
        router_member_text(file, "file_data").size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s is missing: a file stored with another provider cannot be sent",
                         field.text);
    data = router_member_text(file, "file_data");
    if (!split_data_url(data, &media, &data))
        media = MC_TEXT("application/pdf"); /* bare base64 is allowed for those */
    if (!mc_text_is(media, "application/pdf"))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text, "%s is %.*s, only PDF is taken",
                         field.text, MC_FMT(media));
    router_put_string(put, "type", "document");
    put_source(put, media, data);
    if (router_member_text(file, "filename").size > 0)
        router_put_text(put, "title", router_member_text(file, "filename"));
    return 0;
}

static int
put_part(router_put_t *put, mc_json_t part, mc_text_t type, const char *path, mc_refusal_t *refusal)
{
    if (mc_text_is(type, "image_url"))
        return put_image(put, part, path, refusal);
    if (mc_text_is(type, "file"))
        return put_file(put, part, path, refusal);
    router_path_t field = router_path(path, "type", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is \"%.*s\", which Anthropic's "
                     "messages cannot hold",
                     field.text, MC_FMT(type));
}

static void
write_text(router_blocks_t *self, mc_json_t part, mc_text_t text, bool is_last)
{
    if (self->is_trimmed && is_last)
        text = trim_end(text);
    if (router_text_is_blank(text))
        return;
    router_put_t put = router_put_more(self->out);
    router_put_object(&put, NULL);
    router_put_string(&put, "type", "text");
    router_put_text(&put, "text", text);
    put_cache_control(&put, part, is_last ? self->cache_control : (mc_json_t){0});
    router_put_end_object(&put);
}

static int
read_part(router_blocks_t *self, mc_json_t part, bool is_last, const char *path,
          mc_refusal_t *refusal)
{
    if (mc_json_kind(part) != MC_JSON_OBJECT)
        return router_refuse_kind(path, "", ROUTER_IS_OBJECT, refusal);
    static const char *const known[] = {
        "type", "text", "refusal", "image_url", "file", "cache_control", "prompt_cache_breakpoint",
        NULL,
    };
    mc_text_t type = router_member_text(part, "type");
    router_warn_others(self->translation, "messages.content.", part, known);
    if (mc_text_is(type, "text") || mc_text_is(type, "refusal")) {
        write_text(self, part,
                   router_member_text(part, mc_text_is(type, "text") ? "text" : "refusal"),
                   is_last);
        return 0;
    }
    if (self->is_text_only) {
        router_path_t field = router_path(path, "type", SIZE_MAX);
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                         "%s must be \"text\" in a message of this role", field.text);
    }
    router_put_t put = router_put_more(self->out);
    router_put_object(&put, NULL);
    if (put_part(&put, part, type, path, refusal) != 0)
        return MC_REFUSED;
    put_cache_control(&put, part, is_last ? self->cache_control : (mc_json_t){0});
    router_put_end_object(&put);
    return 0;
}

int
router_blocks_read(router_blocks_t *self, mc_json_t content, const char *path,
                   mc_refusal_t *refusal)
{
    if (mc_json_kind(content) == MC_JSON_STRING) {
        write_text(self, content, mc_json_text(content), true);
        return 0;
    }
    size_t count = mc_json_count(content);
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    mc_json_t part;
    for (size_t i = 0; mc_json_next(&iter, &key, &part); i++) {
        router_path_t place = router_path(path, "content", i);
        if (read_part(self, part, i + 1 == count, place.text, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}

void
router_put_id(router_put_t *put, const char *key, mc_text_t id)
{
    char safe[ROUTER_TRANSLATE_ID_BYTES];
    size_t size = 0;
    for (; size < id.size && size < sizeof safe; size++) {
        char byte = id.data[size];
        bool is_fine = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-';
        safe[size] = is_fine ? byte : '_';
    }
    router_put_text(put, key, (mc_text_t){safe, size});
}
