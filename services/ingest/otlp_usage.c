/*
 *  otlp_usage - tokens and cost of a span, cache counted once
 */
#include "services/ingest/otlp_usage.h"

#include <math.h>

static double
number_or_zero(const ingest_otlp_facts_t *facts, ingest_otlp_fact_t fact)
{
    double number = 0;
    (void)ingest_otlp_fact_number(facts, fact, &number);
    return number;
}

static void
set_number(mc_agent_event_t *event, size_t index, double number)
{
    mc_refusal_t ignored;
    (void)mc_field_set_f64(&mc_agent_event_shape, &mc_agent_event_shape.fields[index], event,
                           number, &ignored);
}

bool
ingest_otlp_usage(const ingest_otlp_facts_t *facts, mc_agent_event_t *event)
{
    double input, output, cost;
    bool has_input = ingest_otlp_fact_number(facts, OTLP_input, &input);
    bool has_output = ingest_otlp_fact_number(facts, OTLP_output, &output);
    bool has_cost = ingest_otlp_fact_number(facts, OTLP_cost, &cost);
    if (!has_cost && (facts->values[OTLP_cost_in] || facts->values[OTLP_cost_out])) {
        cost = number_or_zero(facts, OTLP_cost_in) + number_or_zero(facts, OTLP_cost_out);
        has_cost = true;
    }
    if (has_input) {
        bool is_raw = facts->values[OTLP_raw_cache_read] || facts->values[OTLP_raw_cache_write];
        double cache = is_raw ? number_or_zero(facts, OTLP_raw_cache_read) +
                                    number_or_zero(facts, OTLP_raw_cache_write)
                              : number_or_zero(facts, OTLP_cache_read) +
                                    number_or_zero(facts, OTLP_cache_write);
        set_number(event, MC_INDEX_agent_event_tokens_in,
                   is_raw || cache > input ? trunc(input + cache) : trunc(input));
    }
    if (has_output)
        set_number(event, MC_INDEX_agent_event_tokens_out, trunc(output));
    if (has_cost)
        set_number(event, MC_INDEX_agent_event_cost_usd, cost);
    return has_input || has_output || has_cost;
}
