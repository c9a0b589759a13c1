/*
 *  api - the gateway, asked over HTTP
 */
#include "api.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "http.h"
#include "proto/codec.h"

#define TOKEN_BYTES_MAX 512

static int
find_base(missionctl_api_t *self, const missionctl_args_t *args, const missionctl_place_t *place)
{
    const char *given = missionctl_args_value(args, "url");
    if (!given)
        given = getenv("MC_URL");
    if (given && given[0])
        self->base =
            missionctl_path("%.*s", (int)strlen(given) - (given[strlen(given) - 1] == '/'), given);
    else
        self->base = missionctl_path("http://%s:%" PRId64, missionctl_place_host(place),
                                     place->settings->gateway_port);
    bool is_url =
        !strncmp(self->base.text, "http://", 7) || !strncmp(self->base.text, "https://", 8);
    return is_url ? 0 : mc_fail("\"%s\" is not a URL such as http://127.0.0.1:8080", given);
}

static int
find_credential(missionctl_api_t *self, const missionctl_args_t *args,
                const missionctl_place_t *place)
{
    missionctl_path_t path = missionctl_place_var(place, "local-token");
    const char *key = missionctl_args_value(args, "key");
    if (!key)
        key = getenv("AOP_API_KEY");
    if (key && key[0]) {
        int size =
            snprintf(self->credential, sizeof self->credential, "Authorization: Bearer %s", key);
        bool is_fine = size < (int)sizeof self->credential && !strpbrk(key, "\r\n");
        return is_fine ? 0 : mc_fail("the API key is not one");
    }
    /* The token of this machine goes to this machine only. */
    if (!missionctl_url_is_loopback(self->base.text) || access(path.text, R_OK))
        return 0;
    mc_buffer_t token = {0};
    int result = missionctl_file_read(path.text, TOKEN_BYTES_MAX, &token);
    if (result == 0)
        snprintf(self->credential, sizeof self->credential, "x-mc-local: %.*s",
                 (int)strcspn(token.data, "\r\n"), token.data);
    mc_buffer_clear(&token);
    return result;
}

missionctl_api_t *
missionctl_api_new(const missionctl_args_t *args)
{
    missionctl_api_t *self = calloc(1, sizeof *self);
    missionctl_place_t *place = missionctl_place_new();
    assert(self);
    self->parser = mc_json_parser_new();
    if (!place || find_base(self, args, place) == -1 || find_credential(self, args, place) == -1)
        missionctl_api_destroy(&self);
    missionctl_place_destroy(&place);
    return self;
}

void
missionctl_api_destroy(missionctl_api_t **address)
{
    missionctl_api_t *self = mc_take(address);
    if (!self)
        return;
    mc_json_parser_destroy(&self->parser);
    mc_buffer_clear(&self->answer);
    free(self);
}

static bool
find_text(mc_json_t object, const char *key, mc_text_t *ret_text)
{
    mc_json_t value;
    if (mc_json_kind(object) != MC_JSON_OBJECT || !mc_json_find(object, key, &value) ||
        mc_json_kind(value) != MC_JSON_STRING)
        return false;
    *ret_text = mc_json_text(value);
    return true;
}

/* The gateway's own words, and what to do where those cannot know. */
static int
refuse(const missionctl_api_t *self, int status, mc_json_t root, bool is_json)
{
    mc_text_t message = {0};
    mc_json_t error;
    bool has_message = is_json && mc_json_kind(root) == MC_JSON_OBJECT &&
                       mc_json_find(root, "error", &error) && find_text(error, "message", &message);
    if (!has_message)
        return mc_fail("%s answered %d without a reason", self->base.text, status);
    if (status == 401 && !self->credential[0])
        return mc_fail("%.*s: give a key with AOP_API_KEY or --key, or run it as the user who "
                       "started the stack",
                       MC_FMT(message));
    return mc_fail("%.*s", MC_FMT(message));
}

int
missionctl_api_call(missionctl_api_t *self, const char *method, const char *path, mc_text_t body,
                    mc_json_t *ret_root)
{
    missionctl_path_t url = missionctl_path("%s%s", self->base.text, path);
    const char *headers[] = {self->credential[0] ? self->credential : NULL, NULL};
    missionctl_http_request_t request = {.method = method,
                                         .url = url.text,
                                         .headers = headers,
                                         .body = body,
                                         .timeout_ms = MISSIONCTL_API_TIMEOUT_MS};
    mc_refusal_t refusal = {0};
    int status = 0;
    mc_buffer_reset(&self->answer);
    if (missionctl_http(&request, &status, &self->answer) == -1)
        return mc_fail_while("asking Mission Control at %s (is it up? missionctl up starts it)",
                             self->base.text);
    bool has_content = self->answer.size > 0;
    mc_json_t root = {0};
    bool is_json = has_content && mc_json_parse(self->parser, mc_buffer_content(&self->answer),
                                                &root, &refusal) == 0;
    if (status < 200 || status > 299)
        return refuse(self, status, root, is_json);
    if (has_content && !is_json)
        return mc_fail("%s answered with something that is not JSON", self->base.text);
    if (has_content)
        *ret_root = root;
    return 0;
}

static void
write_value(const mc_field_t *field, const void *record, mc_buffer_t *out)
{
    const void *value = mc_record_member(record, field);
    switch (field->kind) {
    case MC_I64_KIND:
        mc_buffer_printf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case MC_TIME_KIND: /* in seconds, as the parameter is named after the field */
        mc_buffer_printf(out, "%" PRId64, *(const int64_t *)value / 1000000);
        break;
    case MC_BOOL_KIND:
        mc_buffer_string(out, *(const bool *)value ? "true" : "false");
        break;
    default:
        assert(field->kind == MC_TEXT_KIND);
        missionctl_percent_encode(out, *(const mc_text_t *)value);
    }
}

void
missionctl_api_write_query(const mc_shape_t *shape, const void *record, mc_buffer_t *out)
{
    char before = '?';
    for (size_t i = 0; i < shape->field_count; i++) {
        if (!mc_record_has(record, i))
            continue;
        mc_buffer_printf(out, "%c%s=", before, shape->fields[i].json);
        write_value(&shape->fields[i], record, out);
        before = '&';
    }
}

int
missionctl_api_get(missionctl_api_t *self, const char *path, const mc_shape_t *shape,
                   const void *record, mc_json_t *ret_root)
{
    mc_buffer_t whole = {0};
    mc_buffer_string(&whole, path);
    if (shape)
        missionctl_api_write_query(shape, record, &whole);
    mc_buffer_byte(&whole, '\0');
    int result = missionctl_api_call(self, NULL, whole.data, (mc_text_t){0}, ret_root);
    mc_buffer_clear(&whole);
    return result;
}

static const mc_command_t *
command_row(uint16_t tag)
{
    for (size_t i = 0; i < mc_command_count; i++)
        if (mc_commands[i].tag == tag)
            return &mc_commands[i];
    assert(false);
    return NULL;
}

int
missionctl_api_command(missionctl_api_t *self, uint16_t command, const void *input,
                       mc_json_t *ret_root)
{
    const mc_command_t *row = command_row(command);
    missionctl_path_t path = missionctl_path("/api/v1/commands/%s", row->name);
    mc_buffer_t body = {0};
    mc_buffer_string(&body, "{\"input\":");
    mc_write_json(row->input, input, &body);
    mc_buffer_byte(&body, '}');
    int result = missionctl_api_call(self, NULL, path.text, mc_buffer_content(&body), ret_root);
    mc_buffer_clear(&body);
    return result;
}

void
missionctl_api_print(const missionctl_api_t *self)
{
    printf("%.*s\n", MC_FMT(mc_buffer_content(&self->answer)));
}

int
missionctl_api_items(mc_json_t root, mc_json_t *ret_items)
{
    bool is_list = mc_json_kind(root) == MC_JSON_ARRAY;
    bool has_items = mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, "items", &root) &&
                     mc_json_kind(root) == MC_JSON_ARRAY;
    if (!is_list && !has_items)
        return mc_fail("the answer has no list");
    *ret_items = root;
    return 0;
}
