/*
 *  state_file - var/run/state.json, written by the supervisor and read by the others
 */
#include "stack.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/error.h"
#include "common/json.h"
#include "proto/codec.h"

#define STATE_BYTES_MAX 65536

static void
write_part(mc_buffer_t *out, const missionctl_part_t *part)
{
    mc_buffer_string(out, "{\"name\":");
    mc_write_json_text(out, mc_text(part->name));
    mc_buffer_string(out, ",\"state\":");
    mc_write_json_text(out, mc_text(part->state));
    mc_buffer_printf(out, ",\"pid\":%" PRId64 ",\"restarts\":%" PRId64 ",\"sinceUs\":%" PRId64,
                     part->pid, part->restarts, part->since_us);
    mc_buffer_string(out, ",\"reason\":");
    mc_write_json_text(out, mc_text(part->reason));
    mc_buffer_byte(out, '}');
}

int
missionctl_state_write(const missionctl_place_t *place, const missionctl_state_t *state)
{
    missionctl_path_t path = missionctl_place_var(place, "run/state.json");
    mc_buffer_t out = {0};
    mc_buffer_printf(&out, "{\"pid\":%" PRId64 ",\"round\":%" PRId64 ",\"settings\":\"%s\",",
                     state->pid, state->round, state->settings);
    mc_buffer_string(&out, "\"parts\":[");
    for (size_t i = 0; i < state->count; i++) {
        if (i)
            mc_buffer_byte(&out, ',');
        write_part(&out, &state->parts[i]);
    }
    mc_buffer_string(&out, "]}\n");
    int result = missionctl_file_write(path.text, 0644, mc_buffer_content(&out));
    mc_buffer_clear(&out);
    return result;
}

static int64_t
read_number(mc_json_t object, const char *key)
{
    mc_json_t value;
    bool is_number = mc_json_find(object, key, &value) && mc_json_kind(value) == MC_JSON_INTEGER;
    return is_number ? mc_json_i64(value) : 0;
}

static void
read_text(mc_json_t object, const char *key, char *ret_text, size_t size)
{
    mc_json_t value;
    bool is_text = mc_json_find(object, key, &value) && mc_json_kind(value) == MC_JSON_STRING;
    mc_text_t text = is_text ? mc_json_text(value) : (mc_text_t){0};
    snprintf(ret_text, size, "%.*s", MC_FMT(text));
}

static void
read_part(mc_json_t object, missionctl_part_t *part)
{
    read_text(object, "name", part->name, sizeof part->name);
    read_text(object, "state", part->state, sizeof part->state);
    read_text(object, "reason", part->reason, sizeof part->reason);
    part->pid = read_number(object, "pid");
    part->restarts = read_number(object, "restarts");
    part->since_us = read_number(object, "sinceUs");
}

static void
read_state(mc_json_t root, missionctl_state_t *state)
{
    mc_json_t parts;
    state->pid = read_number(root, "pid");
    state->round = read_number(root, "round");
    read_text(root, "settings", state->settings, sizeof state->settings);
    if (!mc_json_find(root, "parts", &parts) || mc_json_kind(parts) != MC_JSON_ARRAY)
        return;
    mc_json_iter_t iter = mc_json_iter(parts);
    mc_text_t key;
    mc_json_t part;
    while (state->count < MISSIONCTL_PARTS_MAX && mc_json_next(&iter, &key, &part))
        if (mc_json_kind(part) == MC_JSON_OBJECT)
            read_part(part, &state->parts[state->count++]);
}

int
missionctl_state_read(const missionctl_place_t *place, missionctl_state_t *ret_state)
{
    missionctl_path_t path = missionctl_place_var(place, "run/state.json");
    mc_buffer_t content = {0};
    mc_json_parser_t *parser = mc_json_parser_new();
    mc_refusal_t refusal = {0};
    mc_json_t root;
    *ret_state = (missionctl_state_t){0};
    int result = missionctl_file_read(path.text, STATE_BYTES_MAX, &content);
    if (result == 0 && mc_json_parse(parser, mc_buffer_content(&content), &root, &refusal) != 0)
        result = mc_fail("reading %s: %s", path.text, refusal.message);
    if (result == 0 && mc_json_kind(root) == MC_JSON_OBJECT)
        read_state(root, ret_state);
    mc_json_parser_destroy(&parser);
    mc_buffer_clear(&content);
    return result;
}

const missionctl_part_t *
missionctl_state_find(const missionctl_state_t *state, const char *name)
{
    for (size_t i = 0; i < state->count; i++)
        if (!strcmp(state->parts[i].name, name))
            return &state->parts[i];
    return NULL;
}
