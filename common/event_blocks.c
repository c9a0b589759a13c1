/*
 *  event_blocks - which values occur in a block of events, as a signature of bits
 */
#include "common/event_blocks.h"

#include <stdio.h>

#define FIELD(name)                                                                                \
    {                                                                                              \
        MC_INDEX_agent_event_##name, MC_INDEX_event_query_##name                                   \
    }

const mc_event_block_field_t mc_event_block_fields[MC_EVENT_BLOCK_FIELDS] = {
    FIELD(task_id), FIELD(actor),      FIELD(action),   FIELD(status),
    FIELD(tier),    FIELD(provider),   FIELD(model_id), FIELD(persona),
    FIELD(skill),   FIELD(mcp_server), FIELD(mcp_tool),
};

/* FNV-1a, begun anew for each field, so that "x" as a skill is not "x" as a persona. */
static uint64_t
hash_value(size_t field, mc_text_t value)
{
    uint64_t hash = (UINT64_C(14695981039346656037) ^ field) * UINT64_C(1099511628211);
    for (size_t i = 0; i < value.size; i++)
        hash = (hash ^ (uint8_t)value.data[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

void
mc_event_block_places(size_t field, mc_text_t value, uint32_t ret_places[MC_EVENT_BLOCK_PLACES])
{
    assert(field < MC_EVENT_BLOCK_FIELDS);
    uint64_t hash = hash_value(field, value);
    uint32_t place = (uint32_t)hash, step = (uint32_t)(hash >> 32) | 1;
    for (size_t i = 0; i < MC_EVENT_BLOCK_PLACES; i++, place += step)
        ret_places[i] = place % MC_EVENT_BLOCK_BITS;
}

static void
add_value(mc_event_block_t *self, size_t field, mc_text_t value)
{
    uint32_t places[MC_EVENT_BLOCK_PLACES];
    if (value.size == 0)
        return;
    mc_event_block_places(field, value, places);
    for (size_t i = 0; i < MC_EVENT_BLOCK_PLACES; i++)
        self->bytes[places[i] / 8] |= (uint8_t)(0x80 >> places[i] % 8);
}

void
mc_event_block_add(mc_event_block_t *self, const mc_agent_event_t *event)
{
    for (size_t i = 0; i < MC_EVENT_BLOCK_FIELDS; i++) {
        size_t index = mc_event_block_fields[i].event;
        if (!mc_record_has(event, index))
            continue;
        const mc_field_t *field = &mc_agent_event_shape.fields[index];
        const void *member = mc_record_member(event, field);
        if (field->kind == MC_TEXT_KIND) {
            add_value(self, i, *(const mc_text_t *)member);
        } else {
            char digits[24];
            int size = snprintf(digits, sizeof digits, "%lld", (long long)*(const int64_t *)member);
            add_value(self, i, (mc_text_t){digits, (size_t)size});
        }
    }
}
