/*
 *  details - the legacy text of an event, read into its fields
 *
 *  The words that older producers use are rows of one table; the JSON form
 *  understands the same words. A value that its field refuses is left out.
 */
#include "services/ingest/details.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

typedef struct {
    const char *word; /* in any case */
    size_t index;     /* of the field; MODEL_PAIR for provider/model */
} detail_t;

#define MODEL_PAIR MC_FIELDS_agent_event

static const detail_t words[] = {
    {"status", MC_INDEX_agent_event_status},
    {"phase", MC_INDEX_agent_event_phase},
    {"message", MC_INDEX_agent_event_message},
    {"objective", MC_INDEX_agent_event_message},
    {"persona", MC_INDEX_agent_event_persona},
    {"skill", MC_INDEX_agent_event_skill},
    {"provider", MC_INDEX_agent_event_provider},
    {"modelid", MC_INDEX_agent_event_model_id},
    {"model_id", MC_INDEX_agent_event_model_id},
    {"model", MODEL_PAIR},
    {"mcp", MC_INDEX_agent_event_mcp_server},
    {"mcpserver", MC_INDEX_agent_event_mcp_server},
    {"mcp_server", MC_INDEX_agent_event_mcp_server},
    {"mcptool", MC_INDEX_agent_event_mcp_tool},
    {"mcp_tool", MC_INDEX_agent_event_mcp_tool},
    {"tool", MC_INDEX_agent_event_mcp_tool},
    {"latency", MC_INDEX_agent_event_latency_ms},
    {"latencyms", MC_INDEX_agent_event_latency_ms},
    {"latency_ms", MC_INDEX_agent_event_latency_ms},
    {"retry", MC_INDEX_agent_event_retry_count},
    {"retries", MC_INDEX_agent_event_retry_count},
    {"retrycount", MC_INDEX_agent_event_retry_count},
    {"retry_count", MC_INDEX_agent_event_retry_count},
    {"tokensin", MC_INDEX_agent_event_tokens_in},
    {"tokens_in", MC_INDEX_agent_event_tokens_in},
    {"tokensout", MC_INDEX_agent_event_tokens_out},
    {"tokens_out", MC_INDEX_agent_event_tokens_out},
    {"tokendelta", MC_INDEX_agent_event_token_delta},
    {"token_delta", MC_INDEX_agent_event_token_delta},
    {"tokensused", MC_INDEX_agent_event_token_delta},
    {"tokens_used", MC_INDEX_agent_event_token_delta},
    {"cost", MC_INDEX_agent_event_cost_usd},
    {"costusd", MC_INDEX_agent_event_cost_usd},
    {"cost_usd", MC_INDEX_agent_event_cost_usd},
};

static const detail_t *
find_word(mc_text_t name)
{
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (strlen(words[i].word) == name.size && !strncasecmp(words[i].word, name.data, name.size))
            return &words[i];
    return NULL;
}

/* Reads the text as a number; false when it is none. Units behind it ("120ms") are ignored. */
static bool
read_number(mc_text_t text, double *ret_number)
{
    char copy[40];
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *start = copy + (copy[0] == '$');
    char *end;
    *ret_number = strtod(start, &end);
    return end != start;
}

static void
set_field(mc_agent_event_t *event, size_t index, mc_text_t value)
{
    if (mc_record_has(event, index) || value.size == 0)
        return;
    const mc_field_t *field = &mc_agent_event_shape.fields[index];
    mc_refusal_t ignored;
    double number;
    if (field->kind == MC_TEXT_KIND)
        (void)mc_field_set_text(&mc_agent_event_shape, field, event, value, &ignored);
    else if (read_number(value, &number))
        (void)mc_field_set_f64(&mc_agent_event_shape, field, event, number, &ignored);
}

/* "openai/gpt-5-nano" gives both; a model alone only the model. */
static void
set_model(mc_agent_event_t *event, mc_text_t value)
{
    const char *slash = value.size ? memchr(value.data, '/', value.size) : NULL;
    if (!slash) {
        set_field(event, MC_INDEX_agent_event_model_id, value);
        return;
    }
    size_t before = (size_t)(slash - value.data);
    set_field(event, MC_INDEX_agent_event_provider, (mc_text_t){value.data, before});
    set_field(event, MC_INDEX_agent_event_model_id,
              (mc_text_t){slash + 1, value.size - before - 1});
}

static void
set_word(mc_agent_event_t *event, mc_text_t name, mc_text_t value)
{
    const detail_t *word = find_word(name);
    if (!word)
        return;
    if (word->index == MODEL_PAIR)
        set_model(event, value);
    else
        set_field(event, word->index, value);
}

static bool
is_separator(char c)
{
    return isspace((unsigned char)c) || c == ',' || c == ';';
}

static void
read_pairs(mc_agent_event_t *event, mc_text_t text)
{
    size_t at = 0;
    while (at < text.size) {
        while (at < text.size && is_separator(text.data[at]))
            at++;
        size_t start = at;
        while (at < text.size && !is_separator(text.data[at]))
            at++;
        const char *equals = at > start ? memchr(text.data + start, '=', at - start) : NULL;
        if (!equals)
            continue;
        size_t value = (size_t)(equals - text.data) + 1;
        set_word(event, (mc_text_t){text.data + start, value - 1 - start},
                 (mc_text_t){text.data + value, at - value});
    }
}

static void
read_member(mc_agent_event_t *event, mc_text_t name, mc_json_t value, mc_arena_t *arena)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_STRING:
        set_word(event, name, mc_arena_text(arena, mc_json_text(value)));
        break;
    case MC_JSON_INTEGER:
    case MC_JSON_DOUBLE:
        set_word(event, name, mc_arena_printf(arena, "%.17g", mc_json_f64(value)));
        break;
    default:
        break;
    }
}

/* True when the text is a JSON object. */
static bool
read_object(mc_agent_event_t *event, mc_json_parser_t *parser, mc_arena_t *arena)
{
    mc_json_t root, value;
    mc_text_t name;
    mc_refusal_t ignored;
    if (mc_json_parse(parser, event->details, &root, &ignored) != 0 ||
        mc_json_kind(root) != MC_JSON_OBJECT)
        return false;
    mc_json_iter_t iter = mc_json_iter(root);
    while (mc_json_next(&iter, &name, &value))
        read_member(event, name, value, arena);
    if (!mc_has(event, agent_event, payload_json))
        mc_set(event, agent_event, payload_json, event->details);
    return true;
}

void
ingest_details_read(mc_agent_event_t *event, mc_json_parser_t *parser, mc_arena_t *arena)
{
    mc_text_t text = event->details;
    if (!mc_has(event, agent_event, details) || text.size == 0)
        return;
    bool is_object = text.data[0] == '{' && read_object(event, parser, arena);
    if (!is_object)
        read_pairs(event, text);
    if (!is_object && !mc_has(event, agent_event, message))
        mc_set(event, agent_event, message, text);
}

mc_text_t
ingest_details_task(mc_text_t text)
{
    static const char mark[] = "task:";
    const char *found = text.size ? memmem(text.data, text.size, mark, sizeof mark - 1) : NULL;
    if (!found)
        return (mc_text_t){NULL, 0};
    const char *start = found + sizeof mark - 1;
    const char *end = start;
    const char *limit = text.data + text.size;
    while (end < limit && !is_separator(*end) && !strchr("()[]{}\"'", *end))
        end++;
    return (mc_text_t){start, (size_t)(end - start)};
}
