/*
 *  ask - one command under way, from its request to its answer
 */
#include "services/budget/ask.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/error.h"
#include "proto/utf8.h"

#define SHOWN_BYTES 80           /* two ids and a sentence fit a message */
#define UNKNOWN_ACTOR "operator" /* an input that has no room for who asks */

budget_ask_t *
budget_ask_new(budget_t *budget, mc_bus_request_t *request, mc_list_t records)
{
    mc_arena_t *arena = mc_bus_request_arena(request);
    budget_ask_t *self = mc_arena_alloc(arena, sizeof *self);
    *self = (budget_ask_t){.budget = budget, .request = request, .arena = arena};
    BUDGET_COUNT(budget, commands, 1);
    if (records.count != 1) {
        budget_ask_refuse_with(self, MC_BAD_INPUT_ERROR, "input",
                               "a command has one input, not %zu", records.count);
        return NULL;
    }
    self->input = records.items;
    return self;
}

void
budget_ask_answer(budget_ask_t *self, const mc_shape_t *shape, mc_list_t records)
{
    mc_bus_answer(self->budget->bus, self->request, shape, records);
}

void
budget_ask_refuse(budget_ask_t *self, const mc_refusal_t *refusal)
{
    BUDGET_COUNT(self->budget, refused, 1);
    mc_bus_refuse(self->budget->bus, self->request, refusal);
}

void
budget_ask_refuse_with(budget_ask_t *self, mc_error_code_t code, const char *field,
                       const char *format, ...)
{
    mc_refusal_t refusal;
    char message[sizeof refusal.message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    mc_refusal_fill(&refusal, (int)code, field, "%s", message);
    budget_ask_refuse(self, &refusal);
}

int
budget_ask_check(budget_ask_t *self, const mc_refusal_t *refusal)
{
    if (!refusal)
        return 0;
    if (refusal->code == MC_INTERNAL_ERROR)
        mc_log(&budget_log_store_failed, "state=%s reason=%s", refusal->field, refusal->message);
    budget_ask_refuse(self, refusal);
    return -1;
}

int
budget_ask_read(budget_ask_t *self, const PGresult *result, const mc_refusal_t *refusal,
                const mc_shape_t *shape, mc_list_t *ret_records)
{
    if (budget_ask_check(self, refusal) == -1)
        return -1;
    if (mc_store_read_all(result, shape, self->arena, ret_records) == 0)
        return 0;
    mc_log(&budget_log_store_failed, "reason=%s", mc_error());
    budget_ask_refuse_with(self, MC_INTERNAL_ERROR, NULL, "the store gave what is no %s",
                           shape->type);
    return -1;
}

mc_text_t
budget_ask_actor(const budget_ask_t *self, const mc_shape_t *shape)
{
    const mc_field_t *field = mc_shape_find_name(shape, MC_TEXT("requested_by"));
    if (!field || !mc_record_has(self->input, mc_shape_index(shape, field)))
        return MC_TEXT(UNKNOWN_ACTOR);
    return *(const mc_text_t *)mc_record_member(self->input, field);
}

mc_text_t
budget_shown(mc_text_t id)
{
    return mc_utf8_cut(id, SHOWN_BYTES);
}

mc_text_t
budget_ask_clean(const budget_ask_t *self, mc_text_t text)
{
    mc_buffer_t out = {0};
    mc_redact_report_t report;
    mc_text_t clean = text;
    mc_redact_text(self->budget->redact, text, &out, &clean, &report);
    clean = mc_arena_text(self->arena, clean);
    mc_buffer_clear(&out);
    return clean;
}
