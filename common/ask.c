/*
 *  ask - one command on the bus under way, from its request to its answer
 */
#include "common/ask.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/utf8.h"

#define SHOWN_BYTES 80           /* two ids and a sentence fit a message */
#define UNKNOWN_ACTOR "operator" /* an input that has no room for who asks */

mc_ask_t *
mc_ask_begin(const mc_ask_desk_t *desk, mc_bus_request_t *request)
{
    mc_arena_t *arena = mc_bus_request_arena(request);
    mc_ask_t *self = mc_arena_alloc(arena, sizeof *self);
    *self = (mc_ask_t){
        .desk = desk, .request = request, .arena = arena, .began_us = mc_clock_steady_us()};
    desk->asked(desk->state);
    return self;
}

mc_ask_t *
mc_ask_new(const mc_ask_desk_t *desk, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *self = mc_ask_begin(desk, request);
    if (records.count != 1) {
        mc_ask_refuse_with(self, MC_BAD_INPUT_ERROR, "input", "a command has one input, not %zu",
                           records.count);
        return NULL;
    }
    self->input = records.items;
    return self;
}

void
mc_ask_answer(mc_ask_t *self, const mc_shape_t *shape, mc_list_t records)
{
    mc_bus_answer(self->desk->bus, self->request, shape, records);
}

void
mc_ask_refuse(mc_ask_t *self, const mc_refusal_t *refusal)
{
    self->desk->refused(self->desk->state);
    mc_bus_refuse(self->desk->bus, self->request, refusal);
}

void
mc_ask_refuse_with(mc_ask_t *self, mc_error_code_t code, const char *field, const char *format, ...)
{
    mc_refusal_t refusal;
    char message[sizeof refusal.message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    mc_refusal_fill(&refusal, (int)code, field, "%s", message);
    mc_ask_refuse(self, &refusal);
}

int
mc_ask_check(mc_ask_t *self, const mc_refusal_t *refusal)
{
    if (!refusal)
        return 0;
    if (refusal->code == MC_INTERNAL_ERROR)
        self->desk->store_failed(self->desk->state, refusal->field, refusal->message);
    mc_ask_refuse(self, refusal);
    return -1;
}

int
mc_ask_read(mc_ask_t *self, const PGresult *result, const mc_refusal_t *refusal,
            const mc_shape_t *shape, mc_list_t *ret_records)
{
    if (mc_ask_check(self, refusal) == -1)
        return -1;
    if (mc_store_read_all(result, shape, self->arena, ret_records) == 0)
        return 0;
    self->desk->store_failed(self->desk->state, "", mc_error());
    mc_ask_refuse_with(self, MC_INTERNAL_ERROR, NULL, "the store gave what is no %s", shape->type);
    return -1;
}

mc_text_t
mc_ask_actor(const mc_ask_t *self, const mc_shape_t *shape)
{
    const mc_field_t *field = mc_shape_find_name(shape, MC_TEXT("requested_by"));
    if (!field || !mc_record_has(self->input, mc_shape_index(shape, field)))
        return MC_TEXT(UNKNOWN_ACTOR);
    return *(const mc_text_t *)mc_record_member(self->input, field);
}

mc_text_t
mc_ask_clean(const mc_ask_t *self, mc_text_t text)
{
    mc_buffer_t out = {0};
    mc_redact_report_t report;
    mc_text_t clean = text;
    mc_redact_text(self->desk->redact, text, &out, &clean, &report);
    clean = mc_arena_text(self->arena, clean);
    mc_buffer_clear(&out);
    return clean;
}

mc_text_t
mc_ask_shown(mc_text_t id)
{
    return mc_utf8_cut(id, SHOWN_BYTES);
}
