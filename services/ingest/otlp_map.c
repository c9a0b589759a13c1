/*
 *  otlp_map - what spans, log records and data points have in common as events
 */
#include "services/ingest/otlp_map.h"

void
ingest_otlp_set_text(ingest_otlp_draft_t *draft, size_t index, mc_text_t text)
{
    const mc_field_t *field = &mc_agent_event_shape.fields[index];
    if (text.size == 0)
        return;
    if (text.size > (size_t)field->high) {
        text.size = (size_t)field->high;
        while (text.size && ((unsigned char)text.data[text.size] & 0xc0) == 0x80)
            text.size--;
    }
    if (mc_field_set_text(&mc_agent_event_shape, field, &draft->event, text, &draft->refusal) ==
        MC_REFUSED)
        draft->is_refused = true;
}

/* A text of the event from a fact, as it is. */
typedef struct {
    ingest_otlp_fact_t fact;
    size_t index;
} plain_t;

static const plain_t plain[] = {
    {OTLP_task, MC_INDEX_agent_event_task_id},
    {OTLP_persona, MC_INDEX_agent_event_persona},
    {OTLP_skill, MC_INDEX_agent_event_skill},
    {OTLP_model, MC_INDEX_agent_event_model_id},
};

/* 3, "3" or "T3". */
static void
set_tier(ingest_otlp_draft_t *draft)
{
    mc_text_t text = ingest_otlp_fact_text(&draft->facts, OTLP_tier);
    if (text.size == 2 && (text.data[0] == 'T' || text.data[0] == 't'))
        text = (mc_text_t){text.data + 1, 1};
    if (text.size == 1 && text.data[0] >= '1' && text.data[0] <= '3')
        mc_set(&draft->event, agent_event, tier, text.data[0] - '0');
}

void
ingest_otlp_set_common(ingest_otlp_draft_t *draft)
{
    double retries;
    for (size_t i = 0; i < MC_COUNT(plain); i++)
        ingest_otlp_set_text(draft, plain[i].index,
                             ingest_otlp_fact_text(&draft->facts, plain[i].fact));
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_provider, ingest_otlp_provider(&draft->facts));
    ingest_otlp_set_text(draft, MC_INDEX_agent_event_adapter_kind, MC_TEXT("otlp"));
    set_tier(draft);
    if (ingest_otlp_fact_number(&draft->facts, OTLP_retries, &retries) && retries >= 0 &&
        retries <= 1000000)
        mc_set(&draft->event, agent_event, retry_count, (int64_t)retries);
}

void
ingest_otlp_finish(ingest_otlp_draft_t *draft)
{
    if (draft->is_refused)
        ingest_batch_reject(draft->batch, &draft->refusal, (mc_text_t){NULL, 0});
    else
        ingest_batch_add(draft->batch, &draft->event);
}
