/*
 *  frame - records as frames of the live stream
 */
#include "proto/codec.h"
#include "ring.h"

#define ALIGNMENT 8

/* Begins a frame: room for its header. Returns where it lies. */
static size_t
begin(mc_buffer_t *out)
{
    static const gateway_frame_t empty;
    size_t at = out->size;
    mc_buffer_append(out, &empty, sizeof empty);
    return at;
}

static void
end(mc_buffer_t *out, size_t at, const gateway_frame_t *header)
{
    static const char zeros[ALIGNMENT];
    gateway_frame_t whole = *header;
    mc_buffer_append(out, zeros, (ALIGNMENT - out->size % ALIGNMENT) % ALIGNMENT);
    if (out->is_full)
        return;
    whole.span = (uint32_t)(out->size - at);
    memcpy(out->data + at, &whole, sizeof whole);
}

/* What stands before and after the record. */
static uint32_t
write_record(mc_buffer_t *out, const char *event, const mc_shape_t *shape, const void *record)
{
    size_t before = out->size;
    mc_buffer_string(out, event);
    mc_write_json(shape, record, out);
    mc_buffer_string(out, "\n\n");
    return (uint32_t)(out->size - before);
}

void
gateway_frame_event(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_agent_event_t *event)
{
    const mc_text_t searched[] = {event->message, event->actor, event->action};
    gateway_frame_t header = {.id = event->id};
    size_t at = begin(out), before = out->size;
    mc_buffer_printf(out, "id: %lld\n", (long long)event->id);
    header.size = (uint32_t)(out->size - before);
    header.size += write_record(out, "event: agent_event\ndata: ", &mc_agent_event_shape, event);
    before = out->size;
    for (size_t i = 0; i < MC_COUNT(searched); i++) {
        mc_buffer_text(out, searched[i]);
        mc_buffer_byte(out, '\0');
    }
    header.searched_size = (uint32_t)(out->size - before);
    gateway_traits_of_event(key, event, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_run(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_agent_run_t *run)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size = write_record(out, "event: agent_run\ndata: ", &mc_agent_run_shape, run);
    gateway_traits_of_run(key, run, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_move(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_run_move_t *move)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size = write_record(out, "event: run_moved\ndata: ", &mc_run_move_shape, move);
    gateway_traits_of_move(key, move, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_task(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_task_t *task)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size = write_record(out, "event: task\ndata: ", &mc_task_shape, task);
    gateway_traits_of_task(key, task, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_flags(mc_buffer_t *out, const mc_runtime_flags_t *flags)
{
    gateway_frame_t header = {.traits.kind = GATEWAY_FRAME_FLAGS};
    size_t at = begin(out);
    header.size = write_record(out, "event: flags\ndata: ", &mc_runtime_flags_shape, flags);
    end(out, at, &header);
}

void
gateway_frame_receipt(mc_buffer_t *out, const gateway_hash_key_t *key,
                      const mc_control_receipt_t *receipt)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size = write_record(out, "event: receipt\ndata: ", &mc_control_receipt_shape, receipt);
    gateway_traits_of_receipt(key, receipt, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_holds(mc_buffer_t *out, const mc_hold_set_t *set)
{
    gateway_frame_t header = {.traits.kind = GATEWAY_FRAME_HOLDS};
    size_t at = begin(out);
    header.size = write_record(out, "event: holds\ndata: ", &mc_hold_set_shape, set);
    end(out, at, &header);
}

void
gateway_frame_budget(mc_buffer_t *out, const gateway_hash_key_t *key, const mc_budget_t *budget)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size = write_record(out, "event: budget\ndata: ", &mc_budget_shape, budget);
    gateway_traits_of_budget(key, budget, &header.traits);
    end(out, at, &header);
}

void
gateway_frame_budget_request(mc_buffer_t *out, const gateway_hash_key_t *key,
                             const mc_budget_request_t *request)
{
    gateway_frame_t header = {0};
    size_t at = begin(out);
    header.size =
        write_record(out, "event: budget_request\ndata: ", &mc_budget_request_shape, request);
    gateway_traits_of_budget_request(key, request, &header.traits);
    end(out, at, &header);
}

const gateway_frame_t *
gateway_frame_next(const mc_buffer_t *frames, const gateway_frame_t *at)
{
    size_t offset = at ? (size_t)((const char *)at - frames->data) + at->span : 0;
    return offset < frames->size ? (const gateway_frame_t *)(frames->data + offset) : NULL;
}
