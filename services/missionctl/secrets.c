/*
 *  secrets - the providers' secrets: set, listed, taken away, shown
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "commands.h"
#include "common/env_file.h"
#include "common/error.h"
#include "proto/codec.h"
#include "secrets.h"
#include "secrets_login.h"
#include "table.h"
#include "vault_socket.h"

#define BODY_BYTES_FIRST 131072 /* never grows, so no copy of what is in it is left */

static const missionctl_option_t login_options[] = {MISSIONCTL_LOGIN_OPTIONS, {0}};

static const missionctl_option_t list_options[] = {{0}};

/* The vault of this machine, asked with an order that needs no more than a name. */
static int
ask(const char *verb, mc_text_t name, mc_text_t secret, missionctl_vault_answer_t *ret_answer)
{
    mc_vault_order_t order = {0};
    mc_set(&order, vault_order, verb, mc_text(verb));
    if (name.size)
        mc_set(&order, vault_order, name, name);
    if (secret.size)
        mc_set(&order, vault_order, secret, secret);
    missionctl_place_t *place = missionctl_place_new();
    int result = place ? missionctl_place_enter(place) : -1;
    if (result == 0)
        result = missionctl_vault_ask(place, &order, ret_answer);
    missionctl_place_destroy(&place);
    return result;
}

static void
print_secret(const mc_secret_state_t *secret)
{
    char time[32] = "-";
    if (mc_has(secret, secret_state, updated_at))
        missionctl_time_print(secret->updated_at, time);
    printf("%-24.*s %8lld  %s\n", MC_FMT(secret->name), (long long)secret->version, time);
}

static int
list(const missionctl_args_t *args)
{
    missionctl_vault_answer_t answer = {0};
    if (ask("secrets list", (mc_text_t){0}, (mc_text_t){0}, &answer) == -1)
        return -1;
    mc_list_t secrets = answer.report.secrets;
    if (missionctl_args_has(args, "json")) {
        mc_buffer_t json = {0};
        mc_write_json_list(&mc_secret_state_shape, secrets, &json);
        printf("%.*s\n", MC_FMT(mc_buffer_content(&json)));
        mc_buffer_clear(&json);
    } else {
        printf("%-24s %8s  %s\n", "NAME", "VERSION", "SET");
        for (size_t i = 0; i < secrets.count; i++)
            print_secret((const mc_secret_state_t *)secrets.items + i);
    }
    missionctl_vault_answer_clear(&answer);
    return 0;
}

static int
take_away(const missionctl_args_t *args)
{
    missionctl_vault_answer_t answer = {0};
    const char *name = args->words[0];
    if (ask("secrets remove", mc_text(name), (mc_text_t){0}, &answer) == -1)
        return -1;
    printf(missionctl_args_has(args, "json") ? "{\"removed\":\"%s\"}\n" : "%s is gone\n", name);
    missionctl_vault_answer_clear(&answer);
    return 0;
}

static int
status(const missionctl_args_t *args)
{
    mc_provider_query_t input = {0};
    mc_json_t root = {0};
    mc_set(&input, provider_query, provider, mc_text(args->words[0]));
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_GET_PROVIDER_SECRET_STATUS, &input, &root)
            : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        missionctl_record_print(root, &mc_secret_status_shape);
    missionctl_api_destroy(&api);
    return result;
}

/* What the command of a secret takes, in memory that is wiped. */
static void
write_body(mc_buffer_t *body, mc_text_t provider, mc_text_t secret, mc_text_t token)
{
    (void)mc_buffer_room(body, BODY_BYTES_FIRST);
    mc_buffer_string(body, "{\"input\":{\"provider\":");
    mc_write_json_text(body, provider);
    if (secret.size) {
        mc_buffer_string(body, ",\"secret\":");
        mc_write_json_text(body, secret);
    }
    if (token.size) {
        mc_buffer_string(body, ",\"sessionToken\":");
        mc_write_json_text(body, token);
    }
    mc_buffer_string(body, "}}");
}

/* Logs in, confirms and posts the command: the answer is in *ret_root, of the login. */
static int
do_confirmed(missionctl_login_t *login, const char *operation, mc_text_t name, mc_text_t secret,
             mc_json_t *ret_root)
{
    missionctl_secret_t token = {0};
    mc_buffer_t body = {0};
    bool is_reveal = !strcmp(operation, "reveal");
    if (!login || missionctl_login_confirm(login, name, operation, &token) == -1)
        return -1;
    write_body(&body, name, secret, missionctl_secret_text(&token));
    int result = missionctl_login_post(login,
                                       is_reveal ? "/api/v1/commands/reveal_provider_secret"
                                                 : "/api/v1/commands/set_provider_secret",
                                       mc_buffer_content(&body), ret_root);
    missionctl_secret_wipe(&body);
    missionctl_secret_clear(&token);
    return result;
}

/* A first value needs no confirmation. */
static int
set_first(const missionctl_args_t *args, mc_text_t name, mc_text_t secret)
{
    mc_buffer_t body = {0};
    mc_json_t root = {0};
    missionctl_api_t *api = missionctl_api_new(args);
    write_body(&body, name, secret, (mc_text_t){0});
    int result = api ? missionctl_api_call(api, NULL, "/api/v1/commands/set_provider_secret",
                                           mc_buffer_content(&body), &root)
                     : -1;
    missionctl_secret_wipe(&body);
    missionctl_api_destroy(&api);
    return result;
}

static int
is_configured(const missionctl_args_t *args, mc_text_t name, bool *ret_is_configured)
{
    mc_provider_query_t input = {0};
    mc_json_t root = {0};
    mc_json_t value = {0};
    mc_set(&input, provider_query, provider, name);
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_GET_PROVIDER_SECRET_STATUS, &input, &root)
            : -1;
    if (result == 0)
        *ret_is_configured = mc_json_find(root, "configured", &value) && mc_json_bool(value);
    missionctl_api_destroy(&api);
    return result;
}

static int
set_value(const missionctl_args_t *args, mc_text_t name, mc_text_t secret)
{
    bool is_there = false;
    mc_json_t root = {0};
    if (is_configured(args, name, &is_there) == -1)
        return -1;
    if (!is_there)
        return set_first(args, name, secret);
    missionctl_login_t *login = missionctl_login_new(args);
    int result = do_confirmed(login, "overwrite", name, secret, &root);
    missionctl_login_destroy(&login);
    return result;
}

static int
set(const missionctl_args_t *args)
{
    missionctl_secret_t secret = {0};
    const char *name = args->words[0];
    int result = missionctl_secret_begin();
    if (result == 0)
        result = missionctl_secret_read_all("Secret", &secret);
    if (result == 0)
        result = set_value(args, mc_text(name), missionctl_secret_text(&secret));
    if (result == 0)
        printf(missionctl_args_has(args, "json") ? "{\"provider\":\"%s\",\"configured\":true}\n"
                                                 : "%s is set\n",
               name);
    missionctl_secret_clear(&secret);
    return result;
}

static int
reveal(const missionctl_args_t *args)
{
    mc_json_t root = {0};
    mc_json_t secret = {0};
    const char *name = args->words[0];
    if (missionctl_secret_begin() == -1)
        return -1;
    missionctl_login_t *login = missionctl_login_new(args);
    int result = do_confirmed(login, "reveal", mc_text(name), (mc_text_t){0}, &root);
    if (result == 0 && !mc_json_find(root, "secret", &secret))
        result = mc_fail("the answer has no secret");
    if (result == 0) {
        mc_text_t text = mc_json_text(secret);
        if (missionctl_args_has(args, "json")) {
            mc_buffer_t json = {0};
            (void)mc_buffer_room(&json, BODY_BYTES_FIRST);
            mc_write_json_text(&json, text);
            printf("{\"provider\":\"%s\",\"secret\":%.*s}\n", name,
                   MC_FMT(mc_buffer_content(&json)));
            missionctl_secret_wipe(&json);
        } else {
            printf("%.*s\n", MC_FMT(text));
        }
    }
    missionctl_login_destroy(&login);
    return result;
}

static int
import_env(const missionctl_args_t *args)
{
    size_t taken = 0;
    missionctl_place_t *place = missionctl_place_new();
    int result = missionctl_secret_begin();
    if (!place || result == -1 || missionctl_place_enter(place) == -1)
        result = -1;
    if (result == 0)
        result = missionctl_secrets_import(place, &taken);
    if (result == 0 && missionctl_args_has(args, "json"))
        printf("{\"imported\":%zu}\n", taken);
    else if (result == 0 && taken == 0)
        printf("nothing to import: %s has no key that the vault lacks\n", mc_settings_env_file());
    else if (result == 0)
        printf("%zu imported. Now remove %s from %s: the vault has %s.\n", taken,
               taken == 1 ? "it" : "them", mc_settings_env_file(), taken == 1 ? "it" : "them");
    missionctl_place_destroy(&place);
    return result;
}

#define NAME_WORD .words = "NAME", .words_least = 1, .words_most = 1

const missionctl_command_t missionctl_secrets_commands[] = {
    {.name = "secrets set",
     NAME_WORD,
     .is_client = true,
     .options = login_options,
     .call = set,
     .doc = "Store a secret from standard input; one that is there needs a confirmation"},
    {.name = "secrets list", .options = list_options, .call = list, .doc = "All, without values"},
    {.name = "secrets status",
     NAME_WORD,
     .is_client = true,
     .call = status,
     .doc = "Whether a provider has its secret"},
    {.name = "secrets reveal",
     NAME_WORD,
     .is_client = true,
     .options = login_options,
     .call = reveal,
     .doc = "Show one, after a confirmation, in Developer Mode"},
    {.name = "secrets remove", NAME_WORD, .call = take_away, .doc = "Take one out of the vault"},
    {.name = "secrets import-env",
     .call = import_env,
     .doc = "Take keys such as OPENAI_API_KEY over from .env, once"},
    {0},
};
