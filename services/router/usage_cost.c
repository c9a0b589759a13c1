/*
 *  usage_cost - what tokens cost
 *
 *  Each part of the input and of the output has a price of its own; what is left
 *  of the whole has the common one. The sum is exact, in picodollars of 128 bits
 *  (tokens stay below 2^43, prices below 2^63), and is rounded once.
 */
#include "services/router/usage.h"

#define PICO_IN_NANO 1000
#define PERCENT_MAX 1000

typedef struct {
    int64_t tokens;
    int64_t price;
} part_t;

static int64_t
price_or(int64_t price, int64_t otherwise)
{
    return price == ROUTER_PRICE_UNKNOWN ? otherwise : price;
}

static const router_price_t *
find_price(const router_price_step_t *steps, size_t count, int64_t input_tokens)
{
    const router_price_t *price = NULL;
    for (size_t i = 0; i < count; i++)
        if (steps[i].from_input_tokens <= input_tokens)
            price = &steps[i].price;
    return price;
}

/* The sum in picodollars; false when a price that is needed is not known. */
static bool
add_parts(const router_usage_t *usage, const router_price_t *price, __int128 *ret_pico)
{
    int64_t five_minutes = price_or(price->cache_write_5m, price->input);
    int64_t fresh = usage->input - usage->cache_read - usage->cache_write_5m -
                    usage->cache_write_1h - usage->audio_input;
    int64_t text = usage->output - usage->reasoning - usage->audio_output;
    const part_t parts[] = {
        {fresh, price->input},
        {usage->cache_read, price_or(price->cache_read, price->input)},
        {usage->cache_write_5m, five_minutes},
        {usage->cache_write_1h, price_or(price->cache_write_1h, five_minutes)},
        {usage->audio_input, price_or(price->audio_input, price->input)},
        {text, price->output},
        {usage->reasoning, price_or(price->reasoning, price->output)},
        {usage->audio_output, price_or(price->audio_output, price->output)},
        {usage->web_searches, price->web_search},
    };
    __int128 pico = 0;
    for (size_t i = 0; i < MC_COUNT(parts); i++) {
        if (parts[i].tokens > 0 && parts[i].price < 0)
            return false;
        if (parts[i].tokens > 0)
            pico += (__int128)parts[i].tokens * parts[i].price;
    }
    *ret_pico = pico;
    return true;
}

int64_t
router_usage_cost(const router_usage_t *self, const router_price_step_t *steps, size_t count,
                  int64_t batch_percent)
{
    assert(batch_percent >= 0);
    assert(batch_percent <= PERCENT_MAX);
    if (self->has_cost)
        return self->cost_nanousd;

    const router_price_t *price = find_price(steps, count, self->input);
    bool has_tokens = self->is_known || self->is_estimated;
    __int128 pico;
    if (!price || !has_tokens || !add_parts(self, price, &pico))
        return ROUTER_PRICE_UNKNOWN;

    const __int128 whole = 100 * PICO_IN_NANO;
    __int128 nanousd = (pico * batch_percent + whole / 2) / whole;
    return nanousd > INT64_MAX ? ROUTER_PRICE_UNKNOWN : (int64_t)nanousd;
}
