/*
 *  secrets_login - an operator's own login, to show or overwrite a secret
 */
#include "secrets_login.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "common/error.h"
#include "http.h"
#include "proto/codec.h"

#define TIMEOUT_MS 30000L
#define ANSWER_BYTES_MAX ((size_t)1 << 20)
#define BODY_BYTES_FIRST 131072 /* never grows, so no copy of what is in it is left */
#define CSRF_BYTES_MAX 128

struct missionctl_login {
    CURL *curl; /* keeps the cookie and nothing else */
    missionctl_path_t base;
    char csrf[CSRF_BYTES_MAX];
    missionctl_secret_t passphrase;
    mc_json_parser_t *parser;
    mc_buffer_t answer;
};

static size_t
on_body(char *data, size_t unit, size_t count, void *arg)
{
    mc_buffer_t *answer = arg;
    mc_buffer_append(answer, data, unit * count);
    return answer->is_full ? 0 : unit * count;
}

static struct curl_slist *
make_headers(const missionctl_login_t *self)
{
    char csrf[CSRF_BYTES_MAX + 16];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    snprintf(csrf, sizeof csrf, "x-mc-csrf: %s", self->csrf);
    return self->csrf[0] ? curl_slist_append(headers, csrf) : headers;
}

static bool
find_text(mc_json_t object, const char *key, mc_text_t *ret_text)
{
    mc_json_t value = {0};
    if (mc_json_kind(object) != MC_JSON_OBJECT || !mc_json_find(object, key, &value) ||
        mc_json_kind(value) != MC_JSON_STRING)
        return false;
    *ret_text = mc_json_text(value);
    return true;
}

static int
read_answer(missionctl_login_t *self, long status, mc_json_t *ret_root)
{
    mc_refusal_t refusal;
    mc_json_t error = {0};
    mc_text_t message = {0};
    if (status == 204)
        return 0;
    if (mc_json_parse(self->parser, mc_buffer_content(&self->answer), ret_root, &refusal))
        return mc_fail("%s answered %ld with something that is not JSON", self->base.text, status);
    if (status < 300)
        return 0;
    bool has_words = mc_json_kind(*ret_root) == MC_JSON_OBJECT &&
                     mc_json_find(*ret_root, "error", &error) &&
                     find_text(error, "message", &message);
    return has_words ? mc_fail("%.*s", MC_FMT(message))
                     : mc_fail("%s answered %ld without a reason", self->base.text, status);
}

int
missionctl_login_post(missionctl_login_t *self, const char *path, mc_text_t body,
                      mc_json_t *ret_root)
{
    long status = 0;
    missionctl_path_t url = missionctl_path("%s%s", self->base.text, path);
    struct curl_slist *headers = make_headers(self);
    mc_buffer_reset(&self->answer);
    curl_easy_setopt(self->curl, CURLOPT_URL, url.text);
    curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDS, body.data ? body.data : "");
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    CURLcode code = curl_easy_perform(self->curl);
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        return mc_fail("asking Mission Control at %s: %s", self->base.text,
                       curl_easy_strerror(code));
    return read_answer(self, status, ret_root);
}

static int
log_in(missionctl_login_t *self, const char *name)
{
    mc_buffer_t body = {0};
    mc_json_t root = {0};
    mc_text_t csrf = {0};
    (void)mc_buffer_room(&body, BODY_BYTES_FIRST);
    mc_buffer_string(&body, "{\"username\":");
    mc_write_json_text(&body, mc_text(name));
    mc_buffer_string(&body, ",\"passphrase\":");
    mc_write_json_text(&body, missionctl_secret_text(&self->passphrase));
    mc_buffer_byte(&body, '}');
    int result = missionctl_login_post(self, "/api/v1/auth/login", mc_buffer_content(&body), &root);
    missionctl_secret_wipe(&body);
    if (result == -1)
        return mc_fail_while("logging in as %s", name);
    if (!find_text(root, "csrfToken", &csrf) || csrf.size >= sizeof self->csrf)
        return mc_fail("the login has no csrfToken");
    snprintf(self->csrf, sizeof self->csrf, "%.*s", MC_FMT(csrf));
    return 0;
}

static int
open_login(missionctl_login_t *self, const missionctl_args_t *args)
{
    char prompt[256];
    const char *name = missionctl_args_value(args, "operator");
    const char *file = missionctl_args_value(args, "passphrase-file");
    missionctl_api_t *api = missionctl_api_new(args);
    if (!api)
        return -1;
    self->base = api->base;
    missionctl_api_destroy(&api);
    if (missionctl_url_is_loopback(self->base.text))
        curl_easy_setopt(self->curl, CURLOPT_PROXY, "");
    name = name ? name : "admin";
    snprintf(prompt, sizeof prompt, "Passphrase of the operator %s", name);
    int result = file ? missionctl_secret_read_file(file, &self->passphrase)
                      : missionctl_secret_read(prompt, &self->passphrase);
    return result == 0 ? log_in(self, name) : -1;
}

missionctl_login_t *
missionctl_login_new(const missionctl_args_t *args)
{
    missionctl_login_t *self = calloc(1, sizeof *self);
    assert(self);
    self->parser = mc_json_parser_new();
    self->answer.max = ANSWER_BYTES_MAX;
    (void)mc_buffer_room(&self->answer, BODY_BYTES_FIRST);
    self->curl = curl_easy_init();
    assert(self->curl);
    curl_easy_setopt(self->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(self->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(self->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(self->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, &self->answer);
    if (open_login(self, args) == -1)
        missionctl_login_destroy(&self);
    return self;
}

void
missionctl_login_destroy(missionctl_login_t **address)
{
    missionctl_login_t *self = mc_take(address);
    mc_json_t ignored = {0};
    if (!self)
        return;
    char reason[MC_ERROR_BYTES_MAX];
    snprintf(reason, sizeof reason, "%s", mc_error());
    if (self->csrf[0] &&
        missionctl_login_post(self, "/api/v1/auth/logout", (mc_text_t){0}, &ignored) == -1)
        mc_fail("%s", reason);
    curl_easy_cleanup(self->curl);
    missionctl_secret_clear(&self->passphrase);
    missionctl_secret_wipe(&self->answer);
    mc_json_parser_destroy(&self->parser);
    free(self);
}

int
missionctl_login_confirm(missionctl_login_t *self, mc_text_t provider, const char *operation,
                         missionctl_secret_t *ret_token)
{
    mc_buffer_t body = {0};
    mc_json_t root = {0};
    mc_text_t token = {0};
    (void)mc_buffer_room(&body, BODY_BYTES_FIRST);
    mc_buffer_string(&body, "{\"input\":{\"provider\":");
    mc_write_json_text(&body, provider);
    mc_buffer_printf(&body, ",\"operation\":\"%s\",\"passphrase\":", operation);
    mc_write_json_text(&body, missionctl_secret_text(&self->passphrase));
    mc_buffer_string(&body, "}}");
    int result = missionctl_login_post(self, "/api/v1/commands/confirm_provider_secret_access",
                                       mc_buffer_content(&body), &root);
    missionctl_secret_wipe(&body);
    if (result == 0 && !find_text(root, "confirmationToken", &token))
        result = mc_fail("the answer has no confirmationToken");
    if (result == 0)
        *ret_token = missionctl_secret_copy(token);
    return result;
}
