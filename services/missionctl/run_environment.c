/*
 *  run_environment - what a wrapped command finds in its environment
 *
 *  The standard variables of OpenTelemetry, so that an SDK reports here without
 *  a change, and the run's own as MC_*. A proxy that is set for the outside
 *  world is told not to stand between the command and this machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "http.h"
#include "run_identity.h"

#define SPAN_DELAY_MS "200" /* live means live: the SDK's own default is 5 s */

static const char *const attribute_names[] = {"mc.run.id",  "mc.parent_run.id", "mc.root_task.id",
                                              "mc.task.id", "mc.tier",          "mc.actor",
                                              "mc.persona", "mc.skill"};

static void
append_attribute(mc_buffer_t *out, const char *name, const char *value)
{
    if (!value)
        return;
    mc_buffer_printf(out, "%s%s=", out->size ? "," : "", name);
    missionctl_percent_encode(out, mc_text(value));
}

static bool
is_ours(const char *pair)
{
    pair += strspn(pair, " ");
    size_t size = strcspn(pair, "=, ");
    for (size_t i = 0; i < MC_COUNT(attribute_names); i++)
        if (strlen(attribute_names[i]) == size && !memcmp(pair, attribute_names[i], size))
            return true;
    return false;
}

static void
append_existing(mc_buffer_t *out, const char *existing)
{
    while (existing && *existing) {
        size_t size = strcspn(existing, ",");
        if (size && !is_ours(existing)) {
            if (out->size)
                mc_buffer_byte(out, ',');
            mc_buffer_append(out, existing, size);
        }
        existing += size + (existing[size] == ',');
    }
}

void
missionctl_run_attributes(const missionctl_run_identity_t *identity, const char *existing,
                          mc_buffer_t *out)
{
    char tier[32];
    snprintf(tier, sizeof tier, "%" PRId64, identity->tier);
    append_existing(out, existing);
    append_attribute(out, "mc.run.id", identity->run_id);
    append_attribute(out, "mc.parent_run.id", identity->parent_run_id);
    append_attribute(out, "mc.root_task.id", identity->root_task_id);
    append_attribute(out, "mc.task.id", identity->task_id);
    append_attribute(out, "mc.tier", identity->tier ? tier : NULL);
    append_attribute(out, "mc.actor", identity->actor);
    append_attribute(out, "mc.persona", identity->persona);
    append_attribute(out, "mc.skill", identity->skill);
    mc_buffer_byte(out, '\0');
    out->size--;
}

/* A run must not see the task or tier of a run around it as its own. */
static void
set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void
set_telemetry(const missionctl_run_environment_t *environment)
{
    mc_buffer_t header = {0};
    set("OTEL_EXPORTER_OTLP_ENDPOINT", environment->endpoint);
    set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    set("OTEL_BSP_SCHEDULE_DELAY", SPAN_DELAY_MS);
    if (!environment->key)
        return;
    mc_buffer_string(&header, "authorization=Bearer%20");
    missionctl_percent_encode(&header, mc_text(environment->key));
    mc_buffer_byte(&header, '\0');
    set("OTEL_EXPORTER_OTLP_HEADERS", header.data);
    mc_buffer_clear(&header);
}

static void
set_router(const char *router, const char *key)
{
    missionctl_path_t openai = missionctl_path("%s/v1", router ? router : "");
    if (!router)
        return;
    set("OPENAI_BASE_URL", openai.text);
    set("ANTHROPIC_BASE_URL", router);
    if (!key)
        return;
    set("OPENAI_API_KEY", key);
    set("ANTHROPIC_API_KEY", key);
    unsetenv("ANTHROPIC_AUTH_TOKEN"); /* it would go before the key */
}

static bool
has_proxy(void)
{
    return getenv("http_proxy") || getenv("HTTP_PROXY") || getenv("all_proxy") ||
           getenv("ALL_PROXY");
}

static void
set_no_proxy(const char *name)
{
    const char *existing = getenv(name);
    missionctl_path_t hosts = missionctl_path(
        "%s%s127.0.0.1,localhost,::1", existing ? existing : "", existing && *existing ? "," : "");
    if (!existing || !strstr(existing, "127.0.0.1"))
        set(name, hosts.text);
}

void
missionctl_run_environment_set(const missionctl_run_identity_t *identity,
                               const missionctl_run_environment_t *environment)
{
    char tier[32];
    mc_buffer_t attributes = {0};
    snprintf(tier, sizeof tier, "%" PRId64, identity->tier);
    missionctl_run_attributes(identity, getenv("OTEL_RESOURCE_ATTRIBUTES"), &attributes);
    set("OTEL_RESOURCE_ATTRIBUTES", attributes.data);
    mc_buffer_clear(&attributes);
    set_telemetry(environment);
    set_router(environment->router, environment->model_key);
    set("MC_RUN_ID", identity->run_id);
    set("MC_ROOT_TASK_ID", identity->root_task_id);
    set("MC_TASK_ID", identity->task_id);
    set("MC_TIER", identity->tier ? tier : NULL);
    if (has_proxy() && missionctl_url_is_loopback(environment->endpoint)) {
        set_no_proxy("no_proxy");
        set_no_proxy("NO_PROXY");
    }
}
