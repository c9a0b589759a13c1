/*
 *  watch_response - OpenAI's responses, streamed and whole
 *
 *  An event's type stands in its data; what is cumulative (".done", items) is
 *  not counted again. The last event holds the whole response.
 */
#include "services/router/watch_reading.h"

static bool
starts_with(mc_text_t text, const char *start)
{
    size_t size = strlen(start);
    return text.size >= size && !memcmp(text.data, start, size);
}

static bool
ends_with(mc_text_t text, const char *end)
{
    size_t size = strlen(end);
    return text.size >= size && !memcmp(text.data + text.size - size, end, size);
}

static bool
is_tool_call(mc_json_t item)
{
    return ends_with(router_reading_text(item, "type"), "_call");
}

/* completed, incomplete, failed, cancelled; queued and in_progress of one in the background. */
static void
read_status(router_reading_t *self, mc_json_t response)
{
    mc_text_t status = router_reading_text(response, "status");
    mc_json_t value;
    bool is_failed = mc_text_is(status, "failed");
    if (mc_text_is(status, "incomplete") || is_failed)
        self->watch->is_incomplete = true;
    mc_text_t reason = MC_TEXT("");
    if (router_reading_find(response, "incomplete_details", MC_JSON_OBJECT, &value))
        reason = router_reading_text(value, "reason");
    router_reading_finish(self, reason.size ? reason : status);
    router_reading_find_error(self, response);
    if (is_failed)
        router_reading_error(self, status, MC_TEXT("the response failed without a reason"));
}

/* The usage of a response does not count searches; each is an item of its output, and paid but
 * where it only opened a page or looked for words in one. */
static bool
is_paid_search(mc_json_t item)
{
    mc_json_t action;
    if (!mc_text_is(router_reading_text(item, "type"), "web_search_call") ||
        mc_text_is(router_reading_text(item, "status"), "failed"))
        return false;
    return !router_reading_find(item, "action", MC_JSON_OBJECT, &action) ||
           mc_text_is(router_reading_text(action, "type"), "search");
}

static void
count_searches(router_reading_t *self, mc_json_t response)
{
    mc_json_t output, item;
    mc_text_t key;
    int64_t count = 0;
    if (!router_reading_find(response, "output", MC_JSON_ARRAY, &output))
        return;
    mc_json_iter_t iter = mc_json_iter(output);
    while (mc_json_next(&iter, &key, &item))
        count += mc_json_kind(item) == MC_JSON_OBJECT && is_paid_search(item);
    if (count > self->watch->usage.web_searches)
        self->watch->usage.web_searches = count;
}

/* The response that stands in an event, or is the body. */
static void
read_response(router_reading_t *self, mc_json_t response)
{
    self->is_plain = false;
    router_reading_identity(self, response);
    router_reading_usage(self, response);
    count_searches(self, response);
}

static void
read_delta(router_reading_t *self, mc_text_t type, mc_json_t event)
{
    if (starts_with(type, "response.audio.") || starts_with(type, "response.output_audio."))
        router_reading_thing(self, MC_TEXT(""));
    else
        router_reading_content(self, event, "delta");
}

static bool
is_end(mc_text_t type)
{
    return mc_text_is(type, "response.completed") || mc_text_is(type, "response.incomplete") ||
           mc_text_is(type, "response.failed") || mc_text_is(type, "response.cancelled");
}

static void
read_end(router_reading_t *self, mc_text_t type, mc_json_t response)
{
    read_status(self, response);
    router_reading_end(self);
    if (mc_text_is(type, "response.incomplete"))
        self->watch->is_incomplete = true;
    if (!mc_text_is(type, "response.failed"))
        return;
    self->watch->is_incomplete = true;
    router_reading_error(self, MC_TEXT("failed"), MC_TEXT("the response failed without a reason"));
}

void
router_watch_read_response_event(router_reading_t *self, mc_text_t type, mc_json_t event)
{
    mc_json_t value;
    mc_text_t said = router_reading_text(event, "type");
    type = said.size ? said : type;
    if (ends_with(type, ".delta")) {
        read_delta(self, type, event);
        return;
    }

    router_reading_find_error(self, event);
    if (mc_text_is(type, "response.output_item.added") &&
        router_reading_find(event, "item", MC_JSON_OBJECT, &value) && is_tool_call(value))
        router_reading_thing(self, router_reading_text(value, "name"));
    if (!router_reading_find(event, "response", MC_JSON_OBJECT, &value))
        return;
    read_response(self, value);
    if (is_end(type))
        read_end(self, type, value);
}

static void
read_texts(router_reading_t *self, mc_json_t item, const char *key)
{
    mc_json_t parts, part;
    mc_text_t name;
    if (!router_reading_find(item, key, MC_JSON_ARRAY, &parts))
        return;
    mc_json_iter_t iter = mc_json_iter(parts);
    while (mc_json_next(&iter, &name, &part))
        if (mc_json_kind(part) == MC_JSON_OBJECT) {
            router_reading_content(self, part, "text");
            router_reading_content(self, part, "refusal");
        }
}

static void
read_item(router_reading_t *self, mc_json_t item)
{
    if (is_tool_call(item))
        router_reading_thing(self, router_reading_text(item, "name"));
    router_reading_content(self, item, "arguments");
    router_reading_content(self, item, "input");
    read_texts(self, item, "content");
    read_texts(self, item, "summary");
}

void
router_watch_read_response_body(router_reading_t *self, mc_json_t body)
{
    mc_json_t output, item;
    mc_text_t key;
    read_response(self, body);
    read_status(self, body);
    if (!router_reading_find(body, "output", MC_JSON_ARRAY, &output)) {
        router_reading_error(self, MC_TEXT("no_answer"), MC_TEXT("the answer has no output"));
        return;
    }
    mc_json_iter_t iter = mc_json_iter(output);
    while (mc_json_next(&iter, &key, &item))
        if (mc_json_kind(item) == MC_JSON_OBJECT)
            read_item(self, item);
    router_reading_end(self);
}
