/*
 *  fuzz_translate_stream - any stream of a provider, for any client
 *
 *  Lines are events. Whatever comes, the client's frames are JSON; Anthropic's
 *  blocks are opened, filled and closed one after the other; typed events count
 *  up and end once; and after a failure nothing looks like success.
 */
#include "fuzz_translate.h"

/* What the client has seen. */
typedef struct {
    mc_json_parser_t *parser;
    bool is_over; /* an end has come, of success or by an error */
    bool is_success;
    int64_t next; /* sequence number or index of a block that comes next */
    int64_t open; /* index of the open block; -1 for none */
} seen_t;

static int64_t
number_of(mc_json_t object, const char *key)
{
    mc_json_t value;
    require(mc_json_find(object, key, &value) && mc_json_kind(value) == MC_JSON_INTEGER);
    return mc_json_i64(value);
}

static void
see_messages(seen_t *seen, mc_json_t root, mc_text_t type)
{
    if (mc_text_is(type, "content_block_start")) {
        require(seen->open == -1 && number_of(root, "index") == seen->next);
        seen->open = seen->next++;
    } else if (mc_text_is(type, "content_block_delta")) {
        require(number_of(root, "index") == seen->open);
    } else if (mc_text_is(type, "content_block_stop")) {
        require(number_of(root, "index") == seen->open);
        seen->open = -1;
    } else if (mc_text_is(type, "message_stop")) {
        require(seen->open == -1);
        seen->is_over = seen->is_success = true;
    }
}

static void
see_response(seen_t *seen, mc_json_t root, mc_text_t type)
{
    require(number_of(root, "sequence_number") == seen->next++);
    if (mc_text_is(type, "response.completed") || mc_text_is(type, "response.incomplete"))
        seen->is_over = seen->is_success = true;
}

static void
see_data(seen_t *seen, router_dialect_t client, mc_text_t data)
{
    mc_json_t root, value;
    mc_refusal_t refusal;
    require(!seen->is_over);
    if (mc_text_is(data, "[DONE]")) {
        seen->is_over = seen->is_success = true;
        return;
    }
    if (mc_json_parse(seen->parser, data, &root, &refusal) != 0) {
        require(refusal.code == MC_TOO_DEEP_ERROR);
        seen->next++;
        return;
    }
    mc_text_t type = {0};
    if (mc_json_find(root, "type", &value) && mc_json_kind(value) == MC_JSON_STRING)
        type = mc_json_text(value);
    if (mc_json_find(root, "error", &value) && mc_json_kind(value) == MC_JSON_OBJECT)
        seen->is_over = true;
    else if (client == ROUTER_MESSAGES)
        see_messages(seen, root, type);
    else if (client == ROUTER_RESPONSES)
        see_response(seen, root, type);
}

static void
see_frames(seen_t *seen, router_dialect_t client, mc_text_t frames)
{
    while (frames.size > 0) {
        const char *end = memmem(frames.data, frames.size, "\n\n", 2);
        require(end != NULL);
        mc_text_t frame = {frames.data, (size_t)(end - frames.data)};
        frames = (mc_text_t){end + 2, frames.size - frame.size - 2};
        const char *data = frame.size > 0 ? memmem(frame.data, frame.size, "data: ", 6) : NULL;
        if (frame.size > 0 && *frame.data == ':')
            continue;
        require(data != NULL);
        data += 6;
        see_data(seen, client, (mc_text_t){data, frame.size - (size_t)(data - frame.data)});
    }
}

static int
put_lines(router_translation_t *translation, mc_json_parser_t *parser, mc_text_t lines,
          mc_buffer_t *out)
{
    mc_refusal_t refusal = {0};
    while (lines.size > 0) {
        const char *end = memchr(lines.data, '\n', lines.size);
        mc_text_t line = {lines.data, end ? (size_t)(end - lines.data) : lines.size};
        size_t used = line.size + (end != NULL);
        lines = (mc_text_t){lines.data + used, lines.size - used};
        if (router_translation_event(translation, parser, (mc_text_t){0}, line, out, &refusal) == 0)
            continue;
        require_refusal(&refusal);
        return MC_REFUSED;
    }
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t pair = data[0] % (MC_COUNT(fuzz_pairs) - 1);
    mc_refusal_t refusal = {0};
    mc_buffer_t out = {0};
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    router_translation_t *translation = fuzz_translation(pair, data[1]);
    require(router_translation_request(translation, parser, mc_text(fuzz_pairs[pair].request), &out,
                                       &refusal) == 0);
    mc_buffer_reset(&out);
    mc_text_t lines = {(const char *)data + 2, size - 2};
    seen_t seen = {.parser = parser, .open = -1};
    int outcome = put_lines(translation, parser, lines, &out);
    mc_buffer_t all = {0};
    mc_buffer_text(&all, mc_buffer_content(&out));
    router_translation_end(translation, &all);
    see_frames(&seen, fuzz_pairs[pair].client, mc_buffer_content(&all));
    require(seen.is_over && !(outcome != 0 && seen.is_success));
    router_translation_destroy(&translation);
    mc_buffer_clear(&out);
    mc_buffer_clear(&all);
    return 0;
}
