/*
 *  usage - tokens as a provider counted them
 *
 *  One table of names serves every provider; what differs is only whether the
 *  input includes what the cache did. The sum that most of them give settles
 *  the rest:
 *
 *      total = input + output              everything is in its place
 *      total = input + output + reasoning  xAI: output is without reasoning
 *      total = input + output + cached     proxies: input is without the cache
 *      total = input + output + audio      Mistral: input is without the audio
 *      total > input + output, no details  Gemini: the rest was thought
 *
 *  A total that says none of these is passed over, and a part that is more than
 *  its whole is cut to it.
 */
#include "services/router/usage.h"

#include <math.h>
#include <stddef.h>

#define UNSAID (-1)

typedef struct {
    int64_t input;
    int64_t output;
    int64_t total;
    int64_t cache_read;
    int64_t cache_miss;
    int64_t cache_write;
    int64_t cache_write_5m;
    int64_t cache_write_1h;
    int64_t audio_input;
    int64_t audio_output;
    int64_t reasoning;
    int64_t web_searches;
} counts_t;

typedef struct {
    mc_text_t within; /* name of the object that it stands in; empty for the usage itself */
    mc_text_t name;
    size_t offset;
} row_t;

#define ROW(within, name, member)                                                                  \
    {                                                                                              \
        {within, sizeof within - 1}, {name, sizeof name - 1}, offsetof(counts_t, member)           \
    }

static const row_t rows[] = {
    ROW("", "prompt_tokens", input),
    ROW("", "input_tokens", input),
    ROW("", "completion_tokens", output),
    ROW("", "output_tokens", output),
    ROW("", "total_tokens", total),
    ROW("", "cached_tokens", cache_read), /* Moonshot, Together */
    ROW("", "num_cached_tokens", cache_read),
    ROW("", "cache_read_input_tokens", cache_read),
    ROW("", "prompt_cache_hit_tokens", cache_read), /* DeepSeek */
    ROW("", "prompt_cache_miss_tokens", cache_miss),
    ROW("", "cache_creation_input_tokens", cache_write),
    ROW("prompt_tokens_details", "cached_tokens", cache_read),
    ROW("prompt_tokens_details", "audio_tokens", audio_input),
    ROW("prompt_tokens_details", "cache_write_tokens", cache_write),          /* OpenRouter */
    ROW("prompt_tokens_details", "cache_creation_tokens", cache_write),       /* LiteLLM */
    ROW("prompt_tokens_details", "cache_creation_input_tokens", cache_write), /* Qwen */
    ROW("input_tokens_details", "cached_tokens", cache_read),
    ROW("input_tokens_details", "audio_tokens", audio_input),
    ROW("input_tokens_details", "cache_write_tokens", cache_write),
    ROW("completion_tokens_details", "reasoning_tokens", reasoning),
    ROW("completion_tokens_details", "audio_tokens", audio_output),
    ROW("output_tokens_details", "reasoning_tokens", reasoning),
    ROW("output_tokens_details", "thinking_tokens", reasoning), /* Anthropic */
    ROW("output_tokens_details", "audio_tokens", audio_output),
    ROW("cache_creation", "ephemeral_5m_input_tokens", cache_write_5m),
    ROW("cache_creation", "ephemeral_1h_input_tokens", cache_write_1h),
    ROW("server_tool_use", "web_search_requests", web_searches),
};

static int64_t
largest(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int64_t
smallest(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* The count, or UNSAID for what is none. */
static int64_t
read_count(mc_json_t value)
{
    if (mc_json_kind(value) != MC_JSON_INTEGER)
        return UNSAID;
    int64_t count = mc_json_i64(value);
    return count < 0 || count > ROUTER_TOKENS_MAX ? UNSAID : count;
}

/* A count that comes under two names is the larger one. */
static void
note_count(counts_t *counts, mc_text_t within, mc_text_t name, mc_json_t value)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        if (mc_text_equals(name, rows[i].name) && mc_text_equals(within, rows[i].within)) {
            int64_t *count = (int64_t *)((char *)counts + rows[i].offset);
            *count = largest(*count, read_count(value));
            return;
        }
}

static counts_t
read_counts(mc_json_t usage)
{
    counts_t counts;
    memset(&counts, 0xff, sizeof counts); /* each is UNSAID */
    mc_json_iter_t iter = mc_json_iter(usage);
    mc_text_t name, part;
    for (mc_json_t value, count; mc_json_next(&iter, &name, &value);) {
        if (mc_json_kind(value) != MC_JSON_OBJECT) {
            note_count(&counts, MC_TEXT(""), name, value);
            continue;
        }
        mc_json_iter_t parts = mc_json_iter(value);
        while (mc_json_next(&parts, &part, &count))
            note_count(&counts, name, part, count);
    }
    return counts;
}

static void
add_count(int64_t *sum, int64_t count)
{
    if (count != UNSAID)
        *sum = largest(*sum, 0) + count;
}

/* Anthropic's sums leave out what it spent on compacting the conversation, which it charges. */
static void
add_compactions(counts_t *counts, mc_json_t usage)
{
    mc_json_t iterations, type, value;
    mc_text_t key;
    if (counts->input == UNSAID || !mc_json_find(usage, "iterations", &iterations) ||
        mc_json_kind(iterations) != MC_JSON_ARRAY)
        return;

    mc_json_iter_t iter = mc_json_iter(iterations);
    while (mc_json_next(&iter, &key, &value)) {
        if (mc_json_kind(value) != MC_JSON_OBJECT || !mc_json_find(value, "type", &type) ||
            mc_json_kind(type) != MC_JSON_STRING || !mc_text_is(mc_json_text(type), "compaction"))
            continue;
        counts_t compaction = read_counts(value);
        add_count(&counts->input, compaction.input);
        add_count(&counts->output, compaction.output);
        add_count(&counts->cache_read, compaction.cache_read);
        add_count(&counts->cache_write, compaction.cache_write);
        add_count(&counts->cache_write_5m, compaction.cache_write_5m);
        add_count(&counts->cache_write_1h, compaction.cache_write_1h);
    }
}

static void
take_count(int64_t *field, int64_t count)
{
    if (count > 0)
        *field = count;
}

/* A total without its split is written for five minutes, but for what was already said to be for
 * an hour. */
static void
take_cache_writes(router_usage_t *self, const counts_t *counts)
{
    int64_t hour = counts->cache_write_1h == UNSAID ? self->cache_write_1h : counts->cache_write_1h;
    int64_t minutes = largest(counts->cache_write_5m, 0);
    if (counts->cache_write == UNSAID && counts->cache_write_5m == UNSAID &&
        counts->cache_write_1h == UNSAID)
        return;

    if (counts->cache_write_1h == UNSAID)
        hour = smallest(hour, largest(counts->cache_write, 0));
    self->cache_write_1h = hour;
    self->cache_write_5m = largest(counts->cache_write, minutes + hour) - hour;
}

static int64_t
cached(const router_usage_t *self)
{
    return self->cache_read + self->cache_write_5m + self->cache_write_1h;
}

/* Moves what the total has over input and output to where it belongs. */
static void
settle_total(counts_t *counts)
{
    int64_t known = largest(counts->input, 0) + largest(counts->output, 0);
    int64_t rest = counts->total == UNSAID ? 0 : counts->total - known;
    int64_t from_cache = largest(counts->cache_read, 0) + largest(counts->cache_write, 0);
    if (counts->total == UNSAID && counts->reasoning > counts->output && counts->output != UNSAID)
        counts->output += counts->reasoning;
    if (rest <= 0 || counts->input == UNSAID || counts->output == UNSAID)
        return;

    bool fits = from_cache <= counts->input && counts->audio_input <= counts->input;
    if (rest == counts->reasoning) {
        counts->output += rest;
    } else if (!fits && (rest == from_cache || rest == counts->audio_input)) {
        counts->input += rest;
    } else if (fits && counts->reasoning <= 0) {
        counts->output += rest;
        counts->reasoning = rest;
    }
}

static void
take_inclusive(router_usage_t *self, router_dialect_t dialect, counts_t *counts)
{
    if (counts->input == UNSAID && counts->cache_miss != UNSAID)
        counts->input = counts->cache_miss + largest(counts->cache_read, 0);
    if (dialect == ROUTER_EMBEDDINGS && counts->input == UNSAID)
        counts->input = counts->total;
    if (dialect != ROUTER_EMBEDDINGS)
        settle_total(counts);
    take_count(&self->input, counts->input);
    if (counts->cache_read != UNSAID && counts->input > 0)
        self->cache_read = counts->cache_read;
    take_cache_writes(self, counts);
}

/* Here zeros count where another part of the input is said: servers that first count everything as
 * input find the cache later. */
static void
take_exclusive(router_usage_t *self, const counts_t *counts)
{
    int64_t fresh = self->input - cached(self);
    int64_t said = largest(counts->input, 0) + largest(counts->cache_read, 0) +
                   largest(counts->cache_write, 0) + largest(counts->cache_write_5m, 0) +
                   largest(counts->cache_write_1h, 0);
    if (said == 0)
        return;

    if (counts->input != UNSAID)
        fresh = counts->input;
    if (counts->cache_read != UNSAID)
        self->cache_read = counts->cache_read;
    take_cache_writes(self, counts);
    self->input = fresh + cached(self);
}

/* Cuts each part to what its whole has left for it. */
static void
fit_parts(router_usage_t *self)
{
    int64_t *const of_input[] = {&self->cache_read, &self->cache_write_5m, &self->cache_write_1h,
                                 &self->audio_input};
    int64_t *const of_output[] = {&self->reasoning, &self->audio_output};
    int64_t left = self->input;
    for (size_t i = 0; i < MC_COUNT(of_input); i++)
        left -= *of_input[i] = smallest(*of_input[i], left);
    left = self->output;
    for (size_t i = 0; i < MC_COUNT(of_output); i++)
        left -= *of_output[i] = smallest(*of_output[i], left);
}

/* The number that stands there as billionths, or UNSAID. */
static int64_t
read_cost(mc_json_t object, const char *name, double nanousd)
{
    mc_json_t value;
    if (!mc_json_find(object, name, &value))
        return UNSAID;
    mc_json_kind_t kind = mc_json_kind(value);
    if (kind != MC_JSON_INTEGER && kind != MC_JSON_UNSIGNED && kind != MC_JSON_DOUBLE)
        return UNSAID;
    double cost = mc_json_f64(value) * nanousd;
    return cost >= 0 && cost < 1e18 ? (int64_t)floor(cost + 0.5) : UNSAID;
}

static bool
is_true(mc_json_t object, const char *name)
{
    mc_json_t value;
    return mc_json_find(object, name, &value) && mc_json_kind(value) == MC_JSON_BOOL &&
           mc_json_bool(value);
}

/* OpenRouter's "cost" is all of it, unless the caller brought a key: then the provider behind it
 * charges besides. xAI counts in ticks of 10^-10 $. Perplexity has an object. */
static void
take_cost(router_usage_t *self, mc_json_t usage)
{
    mc_json_t details;
    int64_t cost = read_cost(usage, "cost", 1e9);
    if (cost != UNSAID && is_true(usage, "is_byok")) {
        bool has_details = mc_json_find(usage, "cost_details", &details) &&
                           mc_json_kind(details) == MC_JSON_OBJECT;
        int64_t upstream =
            has_details ? read_cost(details, "upstream_inference_cost", 1e9) : UNSAID;
        cost = upstream == UNSAID ? UNSAID : cost + upstream;
    }
    if (cost == UNSAID)
        cost = read_cost(usage, "cost_in_usd_ticks", 0.1);
    if (cost == UNSAID && mc_json_find(usage, "cost", &details) &&
        mc_json_kind(details) == MC_JSON_OBJECT)
        cost = read_cost(details, "total_cost", 1e9);
    if (cost == UNSAID || (cost == 0 && self->has_cost))
        return;
    self->has_cost = true;
    self->cost_nanousd = cost;
}

void
router_usage_take(router_usage_t *self, router_dialect_t dialect, mc_json_t usage)
{
    if (mc_json_kind(usage) != MC_JSON_OBJECT)
        return;

    counts_t counts = read_counts(usage);
    if (router_dialect_protocol(dialect) == ROUTER_ANTHROPIC) {
        add_compactions(&counts, usage);
        take_exclusive(self, &counts);
    } else {
        take_inclusive(self, dialect, &counts);
    }
    take_count(&self->output, counts.output);
    take_count(&self->reasoning, counts.reasoning);
    take_count(&self->audio_input, counts.audio_input);
    take_count(&self->audio_output, counts.audio_output);
    take_count(&self->web_searches, counts.web_searches);
    fit_parts(self);
    take_cost(self, usage);
    if (self->input > 0 || self->output > 0)
        self->is_known = true;
}
