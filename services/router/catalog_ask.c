/*
 *  catalog_ask - one command of the catalog, from its request to its answer
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "services/router/catalog_parts.h"

router_ask_t *
router_ask_new(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_arena_t *arena = mc_bus_request_arena(request);
    router_ask_t *self = mc_arena_alloc(arena, sizeof *self);
    *self = (router_ask_t){.catalog = router_catalog_of(state),
                           .request = request,
                           .arena = arena,
                           .input = records.items,
                           .began_us = mc_clock_steady_us()};
    if (records.count == 1)
        return self;
    router_ask_refuse_with(self, MC_BAD_INPUT_ERROR, "input", "a command has one input, not %zu",
                           records.count);
    return NULL;
}

void
router_ask_answer(router_ask_t *self, const mc_shape_t *shape, mc_list_t records)
{
    mc_bus_answer(self->catalog->bus, self->request, shape, records);
}

void
router_ask_refuse(router_ask_t *self, const mc_refusal_t *refusal)
{
    mc_bus_refuse(self->catalog->bus, self->request, refusal);
}

void
router_ask_refuse_with(router_ask_t *self, mc_error_code_t code, const char *field,
                       const char *format, ...)
{
    mc_refusal_t refusal;
    char message[sizeof refusal.message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    mc_refusal_fill(&refusal, (int)code, field, "%s", message);
    router_ask_refuse(self, &refusal);
}

void
router_ask_refuse_store(router_ask_t *self, const mc_refusal_t *refusal)
{
    if (refusal->code == MC_INTERNAL_ERROR)
        mc_log(&router_catalog_log_store_failed, "state=%s reason=%s", refusal->field,
               refusal->message);
    router_ask_refuse(self, refusal);
}
