/*
 *  watch_reading - what one event or body adds to the watch
 */
#include "services/router/watch_reading.h"

#include "proto/utf8.h"

bool
router_reading_find(mc_json_t object, const char *key, mc_json_kind_t kind, mc_json_t *ret)
{
    mc_json_t value;
    if (!mc_json_find(object, key, &value) || mc_json_kind(value) != kind)
        return false;
    *ret = value;
    return true;
}

mc_text_t
router_reading_text(mc_json_t object, const char *key)
{
    mc_json_t value;
    return router_reading_find(object, key, MC_JSON_STRING, &value) ? mc_json_text(value)
                                                                    : MC_TEXT("");
}

/* Keeps as much of the text as fits, as UTF-8 without control characters. */
static void
keep_text(char *place, size_t size, mc_text_t text)
{
    text = mc_utf8_cut(text, size - 1);
    for (size_t i = 0; i < text.size; i++)
        place[i] = (uint8_t)text.data[i] < ' ' ? ' ' : text.data[i];
    place[text.size] = '\0';
}

void
router_reading_content(router_reading_t *self, mc_json_t object, const char *key)
{
    mc_json_t value;
    if (!router_reading_find(object, key, MC_JSON_STRING, &value))
        return;
    mc_text_t text = mc_json_text(value);
    self->contents++;
    self->bytes += text.size;
    self->watch->content_bytes += (int64_t)text.size;
    if (text.size > 0)
        self->watch->has_content = true;
}

void
router_reading_thing(router_reading_t *self, mc_text_t name)
{
    self->is_plain = false;
    self->watch->has_content = true;
    self->watch->content_bytes += (int64_t)name.size;
}

void
router_reading_finish(router_reading_t *self, mc_text_t reason)
{
    if (reason.size == 0)
        return;
    self->is_plain = false;
    if (!self->watch->has_finish)
        keep_text(self->watch->finish, sizeof self->watch->finish, reason);
    self->watch->has_finish = true;
}

void
router_reading_error(router_reading_t *self, mc_text_t type, mc_text_t message)
{
    self->is_plain = false;
    if (self->watch->has_error)
        return;
    self->watch->has_error = true;
    keep_text(self->watch->error_type, sizeof self->watch->error_type,
              type.size ? type : MC_TEXT("error"));
    keep_text(self->watch->error_message, sizeof self->watch->error_message,
              message.size ? message : MC_TEXT("the provider gave no message"));
}

/* {"type", "code", "message"}, as far as they are there. */
static void
note_error_object(router_reading_t *self, mc_json_t error)
{
    mc_text_t type = router_reading_text(error, "type");
    mc_text_t code = router_reading_text(error, "code");
    mc_text_t status = router_reading_text(error, "status");
    mc_text_t message = router_reading_text(error, "message");
    bool is_vague = type.size == 0 || mc_text_is(type, "error");
    type = is_vague ? (code.size ? code : status) : type;
    router_reading_error(self, type, message.size ? message : router_reading_text(error, "detail"));
}

static bool
is_answer(mc_json_t object)
{
    static const char *const members[] = {"choices", "usage",   "x_groq",
                                          "output",  "content", "response"};
    mc_json_t value;
    for (size_t i = 0; i < MC_COUNT(members); i++)
        if (mc_json_find(object, members[i], &value))
            return true;
    return false;
}

void
router_reading_find_error(router_reading_t *self, mc_json_t object)
{
    mc_json_t error;
    if (mc_json_find(object, "error", &error)) {
        mc_json_kind_t kind = mc_json_kind(error);
        if (kind == MC_JSON_OBJECT && mc_json_count(error) > 0)
            note_error_object(self, error);
        else if (kind == MC_JSON_STRING && mc_json_text(error).size > 0)
            router_reading_error(self, MC_TEXT(""), mc_json_text(error));
    }
    if (mc_text_is(router_reading_text(object, "type"), "error") ||
        mc_text_is(router_reading_text(object, "object"), "error"))
        note_error_object(self, object);
    if (!self->watch->has_error && !is_answer(object) &&
        (router_reading_text(object, "message").size || router_reading_text(object, "detail").size))
        note_error_object(self, object);
}

static void
keep_first(router_reading_t *self, char *place, size_t size, mc_text_t text)
{
    if (*place || text.size == 0)
        return;
    keep_text(place, size, text);
    self->is_plain = false;
}

void
router_reading_identity(router_reading_t *self, mc_json_t object)
{
    router_watch_t *watch = self->watch;
    if (!*watch->response_id)
        keep_first(self, watch->response_id, sizeof watch->response_id,
                   router_reading_text(object, "id"));
    if (!*watch->model)
        keep_first(self, watch->model, sizeof watch->model, router_reading_text(object, "model"));
}

void
router_reading_usage(router_reading_t *self, mc_json_t object)
{
    mc_json_t usage;
    if (!router_reading_find(object, "usage", MC_JSON_OBJECT, &usage))
        return;
    self->is_plain = false;
    router_usage_take(&self->watch->usage, self->watch->dialect, usage);
}

void
router_reading_end(router_reading_t *self)
{
    self->is_plain = false;
    self->watch->has_end = true;
}
