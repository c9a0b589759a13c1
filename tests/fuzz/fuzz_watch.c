/*
 *  fuzz_watch - any answer of a provider, as a stream and as a body
 *
 *  The first byte chooses the dialect; lines are events. Reading by the pattern
 *  must see what the parser sees, and the usage must stay sane and have a cost.
 */
#include <stdlib.h>

#include "services/router/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static void
check_usage(const router_usage_t *usage)
{
    static const router_price_step_t step = {
        .price = {3000000, 15000000, 300000, 3750000, 6000000, -1, -1, -1, 1}};
    require(usage->cache_read >= 0 && usage->cache_write_5m >= 0 && usage->cache_write_1h >= 0);
    require(usage->audio_input >= 0 && usage->reasoning >= 0 && usage->audio_output >= 0);
    require(usage->cache_read + usage->cache_write_5m + usage->cache_write_1h +
                usage->audio_input <=
            usage->input);
    require(usage->reasoning + usage->audio_output <= usage->output);
    if (usage->is_known)
        require(router_usage_cost(usage, &step, 1, 100) >= 0);
}

static void
check_alike(router_watch_t *one, router_watch_t *other)
{
    memset(&one->pattern, 0, sizeof one->pattern);
    memset(&other->pattern, 0, sizeof other->pattern);
    require(memcmp(one, other, sizeof *one) == 0);
    check_usage(&one->usage);
    router_watch_estimate(one, 100);
    check_usage(&one->usage);
    require(!router_watch_is_whole(one) || !one->has_error);
}

static void
read_stream(mc_json_parser_t *parser, router_dialect_t dialect, mc_text_t text)
{
    router_watch_t quick, slow;
    mc_refusal_t refusal;
    router_watch_init(&quick, dialect);
    router_watch_init(&slow, dialect);
    while (text.size > 0) {
        const char *newline = memchr(text.data, '\n', text.size);
        size_t size = newline ? (size_t)(newline - text.data) : text.size;
        mc_text_t event = {text.data, size};
        slow.pattern.hole_count = 0;
        int result = router_watch_event(&quick, parser, MC_TEXT(""), event, &refusal);
        require(router_watch_event(&slow, parser, MC_TEXT(""), event, &refusal) == result);
        require(result == 0 || quick.has_error);
        size += newline ? 1 : 0;
        text = (mc_text_t){text.data + size, text.size - size};
    }
    check_alike(&quick, &slow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    router_dialect_t dialect = (router_dialect_t)(data[0] % ROUTER_DIALECT_COUNT);
    mc_text_t text = {(const char *)data + 1, size - 1};
    read_stream(parser, dialect, text);

    router_watch_t watch;
    mc_refusal_t refusal = {0};
    router_watch_init(&watch, dialect);
    int result = router_watch_body(&watch, parser, text, &refusal);
    require(result == 0 || (watch.has_error && *refusal.message));
    require(router_watch_is_whole(&watch) || watch.has_error);
    check_usage(&watch.usage);
    return 0;
}
