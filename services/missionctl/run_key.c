/*
 *  run_key - the key by which model calls of a wrapped command are known as its run's
 */
#include "run_key.h"

#include <sodium.h>
#include <stdio.h>

#include "proto/codec.h"

#define OPEN_PREFIX "mcr_open_"

static void
write_member(mc_buffer_t *out, const char *name, const char *value)
{
    if (!value)
        return;
    mc_buffer_printf(out, "%s\"%s\":", out->size > 1 ? "," : "", name);
    mc_write_json_text(out, mc_text(value));
}

static void
write_identity(const missionctl_run_identity_t *identity, mc_buffer_t *out)
{
    char tier[2] = {(char)('0' + identity->tier), '\0'};
    mc_buffer_byte(out, '{');
    write_member(out, "runId", identity->run_id);
    write_member(out, "parentRunId", identity->parent_run_id);
    write_member(out, "rootTaskId", identity->root_task_id);
    write_member(out, "taskId", identity->task_id);
    write_member(out, "actor", identity->actor);
    write_member(out, "persona", identity->persona);
    write_member(out, "skill", identity->skill);
    write_member(out, "tier", identity->tier ? tier : NULL);
    mc_buffer_byte(out, '}');
}

static bool
ask(missionctl_api_t *api, mc_text_t body, char ret_key[MISSIONCTL_RUN_KEY_BYTES])
{
    mc_json_t root, key;
    if (!api || missionctl_api_call(api, "POST", "/api/v1/run-keys", body, &root) == -1 ||
        mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "key", &key) ||
        mc_json_kind(key) != MC_JSON_STRING)
        return false;
    snprintf(ret_key, MISSIONCTL_RUN_KEY_BYTES, "%.*s", MC_FMT(mc_json_text(key)));
    return true;
}

/* The identity itself, readable for anybody; it is no secret. */
static void
make_open(mc_text_t body, char ret_key[MISSIONCTL_RUN_KEY_BYTES])
{
    size_t prefix = sizeof OPEN_PREFIX - 1;
    memcpy(ret_key, OPEN_PREFIX, prefix + 1);
    if (sodium_base64_encoded_len(body.size, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <=
        MISSIONCTL_RUN_KEY_BYTES - prefix)
        sodium_bin2base64(ret_key + prefix, MISSIONCTL_RUN_KEY_BYTES - prefix,
                          (const unsigned char *)body.data, body.size,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void
missionctl_run_key(missionctl_api_t *api, const missionctl_run_identity_t *identity,
                   char ret_key[MISSIONCTL_RUN_KEY_BYTES])
{
    mc_buffer_t body = {0};
    write_identity(identity, &body);
    if (!ask(api, mc_buffer_content(&body), ret_key))
        make_open(mc_buffer_content(&body), ret_key);
    mc_buffer_clear(&body);
}
