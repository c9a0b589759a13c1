/*
 *  request_scan - the few fields of a request that routing needs, and where they stand
 */
#include "services/router/request_scan.h"

#include <stdlib.h>

#include "services/router/registry.h"

#define BYTES_PER_TOKEN 4
#define CHOICES_MAX 128 /* more is refused by every provider */
#define BLOB_BYTES 4096 /* a string of more without a blank is a picture or the like */
#define BLOB_TOKENS 1500

typedef struct {
    const router_scan_tools_t *tools;
    router_request_scan_t *scan;
    mc_refusal_t *refusal;
    bool is_refused;
} reading_t;

typedef void member_fn(reading_t *reading, const mc_json_member_t *member);

bool
router_json_is_empty(mc_text_t raw)
{
    size_t i = 1;
    while (i + 1 < raw.size && (unsigned char)raw.data[i] <= ' ')
        i++;
    return i + 1 >= raw.size;
}

static bool
contains(mc_text_t text, mc_text_t word)
{
    return text.size >= word.size && memmem(text.data, text.size, word.data, word.size);
}

/* A string of the request, unescaped, in the arena. */
static mc_text_t
read_text(reading_t *reading, const mc_json_member_t *member)
{
    mc_json_t value;
    mc_text_t inside = {member->raw.data + 1, member->raw.size - 2};
    if (!memchr(inside.data, '\\', inside.size))
        return mc_arena_text(reading->tools->arena, inside);
    if (mc_json_parse(reading->tools->parser, member->raw, &value, reading->refusal) != 0) {
        reading->is_refused = true;
        return (mc_text_t){0};
    }
    return mc_arena_text(reading->tools->arena, mc_json_text(value));
}

static void
refuse(reading_t *reading, const mc_json_member_t *member, const char *what)
{
    mc_refusal_fill(reading->refusal, MC_BAD_INPUT_ERROR, member->name.data, "%.*s must be %s",
                    MC_FMT(member->name), what);
    reading->is_refused = true;
}

static void
take_model(reading_t *reading, const mc_json_member_t *member)
{
    if (member->kind != MC_JSON_STRING || member->raw.size > ROUTER_MODEL_BYTES_MAX) {
        refuse(reading, member, "a string of at most 256 bytes");
        return;
    }
    reading->scan->model = read_text(reading, member);
    reading->scan->model_raw = member->raw;
}

static void
take_stream(reading_t *reading, const mc_json_member_t *member)
{
    if (member->kind == MC_JSON_BOOL)
        reading->scan->is_stream = member->raw.data[0] == 't';
    else if (member->kind != MC_JSON_NULL)
        refuse(reading, member, "true or false");
}

static void
take_stream_options(reading_t *reading, const mc_json_member_t *member)
{
    mc_json_t root, value;
    reading->scan->stream_options_raw = member->raw;
    if (member->kind != MC_JSON_OBJECT ||
        mc_json_parse(reading->tools->parser, member->raw, &root, reading->refusal) != 0)
        return;
    reading->scan->wants_usage = mc_json_find(root, "include_usage", &value) &&
                                 mc_json_kind(value) == MC_JSON_BOOL && mc_json_bool(value);
}

static void
take_limit(reading_t *reading, const mc_json_member_t *member)
{
    char digits[32] = "";
    if (member->kind != MC_JSON_DOUBLE || member->raw.size >= sizeof digits)
        return;
    memcpy(digits, member->raw.data, member->raw.size);
    int64_t limit = strtoll(digits, NULL, 10);
    if (limit > reading->scan->output_tokens)
        reading->scan->output_tokens = limit;
}

static void
take_old_limit(reading_t *reading, const mc_json_member_t *member)
{
    reading->scan->max_tokens_raw = member->raw;
    take_limit(reading, member);
}

static void
take_new_limit(reading_t *reading, const mc_json_member_t *member)
{
    reading->scan->max_completion_tokens_raw = member->raw;
    take_limit(reading, member);
}

static void
take_output_limit(reading_t *reading, const mc_json_member_t *member)
{
    reading->scan->max_output_tokens_raw = member->raw;
    take_limit(reading, member);
}

static void
take_choices(reading_t *reading, const mc_json_member_t *member)
{
    char digits[16] = "";
    if (member->kind != MC_JSON_DOUBLE || member->raw.size >= sizeof digits)
        return;
    memcpy(digits, member->raw.data, member->raw.size);
    int64_t choices = strtoll(digits, NULL, 10);
    if (choices > reading->scan->choices && choices <= CHOICES_MAX)
        reading->scan->choices = choices;
}

static void
take_tools(reading_t *reading, const mc_json_member_t *member)
{
    if (member->kind == MC_JSON_ARRAY && !router_json_is_empty(member->raw))
        reading->scan->needs |= ROUTER_CAN_TOOLS;
}

static void
take_format(reading_t *reading, const mc_json_member_t *member)
{
    if (member->kind == MC_JSON_OBJECT && contains(member->raw, MC_TEXT("\"json_schema\"")))
        reading->scan->needs |= ROUTER_CAN_STRUCTURED;
}

static void
take_thread(reading_t *reading, const mc_json_member_t *member)
{
    if (member->kind == MC_JSON_STRING)
        reading->scan->previous_response_id = read_text(reading, member);
}

/* The content of messages: what they need of a model. */
static void
take_content(reading_t *reading, const mc_json_member_t *member)
{
    reading->scan->prompt_raw = member->raw;
    if (contains(member->raw, MC_TEXT("\"image_url\"")) ||
        contains(member->raw, MC_TEXT("\"input_image\"")) ||
        contains(member->raw, MC_TEXT("\"image\"")))
        reading->scan->needs |= ROUTER_CAN_VISION;
    if (contains(member->raw, MC_TEXT("\"input_audio\"")))
        reading->scan->needs |= ROUTER_CAN_AUDIO;
}

static void
take_prompt(reading_t *reading, const mc_json_member_t *member)
{
    reading->scan->prompt_raw = member->raw;
}

static const struct {
    mc_text_t name;
    member_fn *take;
} members[] = {
    {{"model", 5}, take_model},
    {{"stream", 6}, take_stream},
    {{"messages", 8}, take_content},
    {{"input", 5}, take_content},
    {{"prompt", 6}, take_prompt},
    {{"stream_options", 14}, take_stream_options},
    {{"max_tokens", 10}, take_old_limit},
    {{"max_completion_tokens", 21}, take_new_limit},
    {{"max_output_tokens", 17}, take_output_limit},
    {{"n", 1}, take_choices},
    {{"best_of", 7}, take_choices},
    {{"tools", 5}, take_tools},
    {{"functions", 9}, take_tools},
    {{"response_format", 15}, take_format},
    {{"text", 4}, take_format},
    {{"output_format", 13}, take_format},
    {{"output_config", 13}, take_format},
    {{"previous_response_id", 20}, take_thread},
};

static void
on_member(void *arg, const mc_json_member_t *member)
{
    reading_t *reading = arg;
    for (size_t i = 0; i < MC_COUNT(members) && !reading->is_refused; i++)
        if (mc_text_equals(member->name, members[i].name))
            members[i].take(reading, member);
}

/* Bytes of strings that are no text, such as a picture in base64. */
static int64_t
estimate_tokens(const router_request_scan_t *scan)
{
    int64_t bytes = (int64_t)scan->body.size, blobs = 0;
    const char *at = scan->body.data, *end = at + scan->body.size, *quote;
    if (!(scan->needs & (ROUTER_CAN_VISION | ROUTER_CAN_AUDIO)))
        return bytes / BYTES_PER_TOKEN + 1;
    while ((quote = memchr(at, '"', (size_t)(end - at)))) {
        if (quote - at > BLOB_BYTES && !memchr(at, ' ', BLOB_BYTES)) {
            bytes -= quote - at;
            blobs++;
        }
        at = quote + 1;
    }
    return bytes / BYTES_PER_TOKEN + 1 + blobs * BLOB_TOKENS;
}

static uint32_t
needs_of(router_dialect_t dialect, bool is_stream)
{
    uint32_t needs = dialect == ROUTER_EMBEDDINGS ? ROUTER_CAN_EMBED : ROUTER_CAN_CHAT;
    return needs | (is_stream ? ROUTER_CAN_STREAM : 0);
}

int
router_request_scan(const router_scan_tools_t *tools, router_dialect_t dialect, mc_text_t body,
                    router_request_scan_t *ret_scan, mc_refusal_t *refusal)
{
    reading_t reading = {.tools = tools, .scan = ret_scan, .refusal = refusal};
    *ret_scan = (router_request_scan_t){.body = body, .choices = 1};
    if (mc_json_scan(tools->scanner, body, on_member, &reading, refusal) != 0 || reading.is_refused)
        return MC_REFUSED;
    if (!ret_scan->model.size)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "model", "model is missing");
    ret_scan->needs |= needs_of(dialect, ret_scan->is_stream);
    ret_scan->input_tokens = estimate_tokens(ret_scan);
    ret_scan->has_cache_control = contains(body, MC_TEXT("\"cache_control\""));
    return 0;
}
