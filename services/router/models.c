/*
 *  models - the list of models, in the shape that the client's protocol has for it
 */
#include "proto/codec.h"
#include "services/router/door.h"
#include "services/router/router.h"
#include "services/router/routing.h"

#define CREATED "1735689600" /* OpenAI's shape wants a time; the registry has none */

/* What can be asked for beside a model's own name. */
static const char *const routed[] = {"auto", "tier:1", "tier:2", "tier:3"};

static void
write_model(mc_buffer_t *out, bool is_anthropic, mc_text_t id, mc_text_t owner)
{
    if (is_anthropic) {
        mc_buffer_string(out, "{\"type\":\"model\",\"id\":");
        mc_write_json_text(out, id);
        mc_buffer_string(out, ",\"display_name\":");
        mc_write_json_text(out, id);
        mc_buffer_string(out, ",\"created_at\":\"2025-01-01T00:00:00Z\"}");
        return;
    }
    mc_buffer_string(out, "{\"id\":");
    mc_write_json_text(out, id);
    mc_buffer_string(out, ",\"object\":\"model\",\"created\":" CREATED ",\"owned_by\":");
    mc_write_json_text(out, owner);
    mc_buffer_byte(out, '}');
}

/* The first of a name stands for all of it. */
static bool
is_repeated(const router_model_t *models, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (mc_text_equals(models[i].model_id, models[index].model_id))
            return true;
    return false;
}

static void
write_models(mc_buffer_t *out, bool is_anthropic, const router_registry_t *registry)
{
    size_t count = 0;
    const router_model_t *models = registry ? router_registry_all(registry, &count) : NULL;
    for (size_t i = 0; i < MC_COUNT(routed); i++) {
        mc_buffer_string(out, i ? "," : "");
        write_model(out, is_anthropic, mc_text(routed[i]), MC_TEXT("mission-control"));
    }
    for (size_t i = 0; i < count; i++) {
        if (is_repeated(models, i))
            continue;
        mc_buffer_byte(out, ',');
        write_model(out, is_anthropic, models[i].model_id, models[i].provider->name);
    }
}

static bool
is_for_anthropic(const mc_http_request_t *request)
{
    return router_dialect_protocol(router_door_dialect(request)) == ROUTER_ANTHROPIC;
}

void
router_on_models(void *state, mc_http_request_t *request)
{
    router_t *self = state;
    bool is_anthropic = is_for_anthropic(request);
    mc_buffer_t out = {0};
    mc_buffer_string(&out, is_anthropic ? "{\"data\":[" : "{\"object\":\"list\",\"data\":[");
    write_models(&out, is_anthropic, router_routing_registry(self->routing));
    mc_buffer_string(&out, is_anthropic ? "],\"has_more\":false,\"first_id\":null,\"last_id\":null}"
                                        : "]}");
    mc_http_answer_json(request, 200, &out);
}

void
router_on_model(void *state, mc_http_request_t *request)
{
    router_t *self = state;
    mc_text_t id = mc_http_param(request, "*");
    const router_registry_t *registry = router_routing_registry(self->routing);
    const router_model_t *model = registry ? router_registry_find(registry, id) : NULL;
    mc_buffer_t out = {0};
    bool is_routed = false;
    for (size_t i = 0; i < MC_COUNT(routed); i++)
        is_routed = is_routed || mc_text_is(id, routed[i]);
    if (!model && !is_routed) {
        mc_http_refuse_with(request, MC_UNKNOWN_MODEL_ERROR, "no provider has a model %.*s",
                            (int)(id.size > 128 ? 128 : id.size), id.data);
        return;
    }
    write_model(&out, is_for_anthropic(request), id,
                model ? model->provider->name : MC_TEXT("mission-control"));
    mc_http_answer_json(request, 200, &out);
}
