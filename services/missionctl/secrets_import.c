/*
 *  secrets_import - keys of providers that stand in .env, and the way of them into the vault
 */
#include "secrets.h"

#include <stdio.h>

#include "common/env_file.h"
#include "common/error.h"
#include "secret_input.h"
#include "vault_socket.h"

/* The variable that everybody uses, and the provider whose secret it is. */
static const struct {
    const char *variable;
    const char *provider;
} known[] = {
    {"OPENAI_API_KEY", "openai"},         {"ANTHROPIC_API_KEY", "anthropic"},
    {"AZURE_OPENAI_API_KEY", "azure"},    {"OPENROUTER_API_KEY", "openrouter"},
    {"GEMINI_API_KEY", "gemini"},         {"GOOGLE_API_KEY", "gemini"},
    {"MISTRAL_API_KEY", "mistral"},       {"GROQ_API_KEY", "groq"},
    {"DEEPSEEK_API_KEY", "deepseek"},     {"XAI_API_KEY", "xai"},
    {"TOGETHER_API_KEY", "together"},     {"FIREWORKS_API_KEY", "fireworks"},
    {"PERPLEXITY_API_KEY", "perplexity"}, {"COHERE_API_KEY", "cohere"},
};

/* The file with all its lines, in memory that is wiped. */
typedef struct {
    mc_arena_t *arena;
    mc_text_t text;
    mc_text_t rest;
    int number;
} env_t;

static int
open_env(env_t *self)
{
    *self = (env_t){.arena = mc_arena_new()};
    int result = mc_env_file_load(mc_settings_env_file(), self->arena, &self->text);
    self->rest = self->text;
    return result;
}

static void
close_env(env_t *self)
{
    if (self->text.size)
        explicit_bzero((char *)self->text.data, self->text.size);
    mc_arena_destroy(&self->arena);
}

/* The next line with a known name and a value; false at the end. */
static bool
next_key(env_t *self, const char **ret_variable, const char **ret_provider, mc_text_t *ret_value)
{
    mc_text_t text;
    while (mc_env_line_next(&self->rest, &text)) {
        mc_env_line_t line;
        self->number++;
        if (mc_env_line_read(text, self->number, self->arena, &line) == -1 || !line.value.size)
            continue;
        for (size_t i = 0; i < MC_COUNT(known); i++) {
            if (!mc_text_is(line.name, known[i].variable))
                continue;
            *ret_variable = known[i].variable;
            *ret_provider = known[i].provider;
            *ret_value = line.value;
            return true;
        }
    }
    return false;
}

size_t
missionctl_secrets_in_env(char *ret_names, size_t size)
{
    env_t env;
    const char *variable, *provider;
    mc_text_t value;
    size_t count = 0;
    size_t used = 0;
    ret_names[0] = '\0';
    if (open_env(&env) == 0)
        while (next_key(&env, &variable, &provider, &value)) {
            int written =
                snprintf(ret_names + used, size - used, "%s%s", count ? ", " : "", variable);
            used = used + (size_t)written < size ? used + (size_t)written : size - 1;
            count++;
            explicit_bzero((char *)value.data, value.size);
        }
    close_env(&env);
    return count;
}

static bool
has_secret(const missionctl_vault_answer_t *list, const char *name)
{
    const mc_secret_state_t *secrets = list->report.secrets.items;
    for (size_t i = 0; i < list->report.secrets.count; i++)
        if (mc_text_is(secrets[i].name, name))
            return true;
    return false;
}

static int
add(const missionctl_place_t *place, const char *name, mc_text_t value)
{
    missionctl_vault_answer_t answer;
    mc_vault_order_t order = {0};
    mc_set(&order, vault_order, verb, MC_TEXT("secrets add"));
    mc_set(&order, vault_order, name, mc_text(name));
    mc_set(&order, vault_order, secret, value);
    if (missionctl_vault_ask(place, &order, &answer) == -1)
        return mc_fail_while("storing %s", name);
    missionctl_vault_answer_clear(&answer);
    return 0;
}

int
missionctl_secrets_import(const missionctl_place_t *place, size_t *ret_taken)
{
    env_t env;
    const char *variable, *provider;
    mc_text_t value;
    missionctl_vault_answer_t list;
    mc_vault_order_t order = {0};
    mc_set(&order, vault_order, verb, MC_TEXT("secrets list"));
    if (missionctl_vault_ask(place, &order, &list) == -1)
        return -1;
    int result = open_env(&env) == -1 ? -1 : 0;
    while (result == 0 && next_key(&env, &variable, &provider, &value)) {
        if (!has_secret(&list, provider)) {
            result = add(place, provider, value);
            *ret_taken += result == 0;
        }
        explicit_bzero((char *)value.data, value.size);
    }
    close_env(&env);
    missionctl_vault_answer_clear(&list);
    return result;
}
