/*
 *  translate_messages_parts - Anthropic's content blocks as parts of a chat message
 */
#include "translate_history.h"

#include <stdio.h>

void
router_parts_init(router_parts_t *self, router_translation_t *translation)
{
    *self = (router_parts_t){.translation = translation, .is_plain = true};
    mc_buffer_init(&self->parts, ROUTER_TRANSLATE_BYTES_MAX);
    mc_buffer_init(&self->text, ROUTER_TRANSLATE_BYTES_MAX);
}

void
router_parts_clear(router_parts_t *self)
{
    mc_buffer_clear(&self->parts);
    mc_buffer_clear(&self->text);
}

static router_put_t
open_part(router_parts_t *self, const char *type)
{
    router_put_t put = {.out = &self->parts, .needs_comma = self->count++ > 0};
    router_put_object(&put, NULL);
    router_put_string(&put, "type", type);
    return put;
}

static void
close_part(router_parts_t *self, router_put_t *put, mc_json_t block)
{
    mc_json_t value;
    if (self->translation->options.takes_extensions &&
        router_member_is(block, "cache_control", MC_JSON_OBJECT, &value)) {
        router_put_json(put, "cache_control", value);
        self->is_plain = false;
    }
    router_put_end_object(put);
}

static void
add_text(router_parts_t *self, mc_json_t block, mc_text_t text)
{
    if (text.size == 0)
        return;
    router_put_t joined = router_put(&self->text);
    if (self->has_gaps && self->text.size > 0)
        router_put_piece(&joined, MC_TEXT("\n\n"));
    router_put_piece(&joined, text);
    router_put_t put = open_part(self, "text");
    router_put_text(&put, "text", text);
    close_part(self, &put, block);
}

/* "data:MEDIA;base64,DATA" */
static void
put_data(router_put_t *put, const char *key, mc_text_t media, mc_text_t data)
{
    router_put_open_text(put, key);
    router_put_piece(put, MC_TEXT("data:"));
    router_put_piece(put, media);
    router_put_piece(put, MC_TEXT(";base64,"));
    router_put_piece(put, data);
    router_put_close_text(put);
}

static int
refuse_source(mc_text_t type, const char *path, mc_refusal_t *refusal)
{
    router_path_t field = router_path(path, "source.type", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is \"%.*s\", which a chat cannot hold", field.text, MC_FMT(type));
}

static int
add_image(router_parts_t *self, mc_json_t block, mc_json_t source, const char *path,
          mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(source, "type");
    if (!mc_text_is(type, "base64") && !mc_text_is(type, "url"))
        return refuse_source(type, path, refusal);
    self->is_plain = false;
    router_put_t put = open_part(self, "image_url");
    router_put_object(&put, "image_url");
    if (mc_text_is(type, "url"))
        router_put_text(&put, "url", router_member_text(source, "url"));
    else
        put_data(&put, "url", router_member_text(source, "media_type"),
                 router_member_text(source, "data"));
    router_put_end_object(&put);
    close_part(self, &put, block);
    return 0;
}

static void
add_texts(router_parts_t *self, mc_json_t block, mc_json_t content)
{
    if (mc_json_kind(content) == MC_JSON_STRING) {
        add_text(self, block, mc_json_text(content));
        return;
    }
    mc_json_iter_t iter = mc_json_iter(content);
    mc_text_t key;
    for (mc_json_t item; mc_json_next(&iter, &key, &item);)
        add_text(self, item, router_member_text(item, "text"));
}

static int
add_document(router_parts_t *self, mc_json_t block, mc_json_t source, const char *path,
             mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(source, "type");
    mc_text_t title = router_member_text(block, "title");
    mc_json_t content;
    if (mc_text_is(type, "text")) {
        add_text(self, block, router_member_text(source, "data"));
        return 0;
    }
    if (mc_text_is(type, "content") && mc_json_find(source, "content", &content) &&
        (mc_json_kind(content) == MC_JSON_STRING || mc_json_kind(content) == MC_JSON_ARRAY)) {
        add_texts(self, block, content);
        return 0;
    }
    if (!mc_text_is(type, "base64"))
        return refuse_source(type, path, refusal);
    self->is_plain = false;
    router_put_t put = open_part(self, "file");
    router_put_object(&put, "file");
    router_put_text(&put, "filename", title.size > 0 ? title : MC_TEXT("document.pdf"));
    put_data(&put, "file_data", router_member_text(source, "media_type"),
             router_member_text(source, "data"));
    router_put_end_object(&put);
    close_part(self, &put, block);
    return 0;
}

int
router_parts_add(router_parts_t *self, mc_json_t block, const char *path, mc_refusal_t *refusal)
{
    mc_text_t type = router_member_text(block, "type");
    mc_json_t source = block, content;
    (void)router_member_is(block, "source", MC_JSON_OBJECT, &source);
    if (mc_text_is(type, "text")) {
        add_text(self, block, router_member_text(block, "text"));
        return 0;
    }
    if (mc_text_is(type, "image"))
        return add_image(self, block, source, path, refusal);
    if (mc_text_is(type, "document"))
        return add_document(self, block, source, path, refusal);
    if (mc_text_is(type, "search_result") &&
        router_member_is(block, "content", MC_JSON_ARRAY, &content)) {
        add_texts(self, block, content);
        return 0;
    }
    router_path_t field = router_path(path, "type", SIZE_MAX);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field.text,
                     "%s is \"%.*s\", which a chat cannot hold here", field.text, MC_FMT(type));
}

void
router_parts_put(const router_parts_t *self, bool is_joined, router_put_t *put)
{
    if (self->is_plain && (is_joined || self->count <= 1)) {
        router_put_open_text(put, "content");
        mc_buffer_text(put->out, mc_buffer_content(&self->text));
        router_put_close_text(put);
        return;
    }
    router_put_array(put, "content");
    router_put_raw(put, NULL, mc_buffer_content(&self->parts));
    router_put_end_array(put);
}
