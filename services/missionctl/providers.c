/*
 *  providers - where models are called, and which models there are
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "common/error.h"

static const missionctl_option_t add_options[] = {
    {"protocol", 0, "PROTOCOL", "openai or anthropic; that of the adapter where not given"},
    {"base-url", 0, "URL", "Address up to and with /v1; that of the adapter where not given"},
    {"adapter", 0, "ADAPTER", "Kind of provider, such as azure-openai, openrouter, ollama or vllm"},
    {"secret", 0, "NAME", "Name of its secret in the vault; its own name where not given"},
    {"header", 0, "N: V", "Header for each call; several with line ends between them"},
    {"disabled", 0, NULL, "Keep it, but send no calls there"},
    {0},
};

static const missionctl_column_t provider_columns[] = {
    {"NAME", MC_INDEX_provider_name},
    {"ADAPTER", MC_INDEX_provider_adapter},
    {"BASE URL", MC_INDEX_provider_base_url},
    {"SECRET", MC_INDEX_provider_has_secret},
    {"ENABLED", MC_INDEX_provider_is_enabled},
    {"MODELS", MC_INDEX_provider_model_count},
    {"SOURCE", MC_INDEX_provider_source},
    {"PROBLEM", MC_INDEX_provider_problem},
    {0},
};

static const missionctl_column_t model_columns[] = {
    {"PROVIDER", MC_INDEX_model_entry_provider},
    {"MODEL", MC_INDEX_model_entry_model_id},
    {"SCORE", MC_INDEX_model_entry_score},
    {"CONTEXT", MC_INDEX_model_entry_context_tokens},
    {"OUTPUT", MC_INDEX_model_entry_output_tokens_max},
    {"PRICES AS OF", MC_INDEX_model_entry_as_of},
    {"NOT CALLED BECAUSE", MC_INDEX_model_entry_reason},
    {0},
};

static const missionctl_column_t candidate_columns[] = {
    {"RANK", MC_INDEX_route_candidate_rank},
    {"PROVIDER", MC_INDEX_route_candidate_provider},
    {"MODEL", MC_INDEX_route_candidate_model_id},
    {"SCORE", MC_INDEX_route_candidate_score},
    {"QUALITY", MC_INDEX_route_candidate_quality},
    {"SUCCESS", MC_INDEX_route_candidate_success},
    {"LATENCY", MC_INDEX_route_candidate_latency},
    {"COST", MC_INDEX_route_candidate_cost},
    {"FAILURE", MC_INDEX_route_candidate_failure},
    {"REASON", MC_INDEX_route_candidate_reason},
    {0},
};

static mc_text_t
value_of(const missionctl_args_t *args, const char *name)
{
    return mc_text(missionctl_args_value(args, name));
}

static int
add(const missionctl_args_t *args)
{
    mc_provider_order_t order = {0};
    mc_set(&order, provider_order, name, mc_text(args->words[0]));
    if (missionctl_args_has(args, "protocol"))
        mc_set(&order, provider_order, protocol, value_of(args, "protocol"));
    if (missionctl_args_has(args, "base-url"))
        mc_set(&order, provider_order, base_url, value_of(args, "base-url"));
    if (missionctl_args_has(args, "adapter"))
        mc_set(&order, provider_order, adapter, value_of(args, "adapter"));
    if (missionctl_args_has(args, "secret"))
        mc_set(&order, provider_order, secret, value_of(args, "secret"));
    if (missionctl_args_has(args, "header"))
        mc_set(&order, provider_order, headers, value_of(args, "header"));
    mc_set(&order, provider_order, is_enabled, !missionctl_args_has(args, "disabled"));
    missionctl_question_t question = {MC_COMMAND_PUT_PROVIDER, &order, &mc_provider_shape, NULL};
    return missionctl_ask(args, &question);
}

static int
list(const missionctl_args_t *args)
{
    mc_nothing_t input = {0};
    missionctl_question_t question = {MC_COMMAND_LIST_PROVIDERS, &input, &mc_provider_shape,
                                      provider_columns};
    return missionctl_ask(args, &question);
}

static int
take_away(const missionctl_args_t *args)
{
    mc_provider_name_t input = {0};
    mc_set(&input, provider_name, name, mc_text(args->words[0]));
    missionctl_question_t question = {MC_COMMAND_REMOVE_PROVIDER, &input, &mc_provider_shape, NULL};
    return missionctl_ask(args, &question);
}

/* Fails where the provider does, so that a script can go by it. */
static int
test(const missionctl_args_t *args)
{
    mc_provider_name_t input = {0};
    mc_json_t root;
    mc_json_t is_ok;
    mc_set(&input, provider_name, name, mc_text(args->words[0]));
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, MC_COMMAND_TEST_PROVIDER, &input, &root) : -1;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (result == 0)
        missionctl_record_print(root, &mc_provider_test_shape);
    if (result == 0 &&
        !(mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, "isOk", &is_ok) &&
          mc_json_kind(is_ok) == MC_JSON_BOOL && mc_json_bool(is_ok)))
        result = MISSIONCTL_FAILED;
    missionctl_api_destroy(&api);
    return result;
}

static int
list_models(const missionctl_args_t *args)
{
    mc_nothing_t input = {0};
    missionctl_question_t question = {MC_COMMAND_LIST_MODELS, &input, &mc_model_entry_shape,
                                      model_columns};
    return missionctl_ask(args, &question);
}

/* Fails where the file could not be used: the models before are still in force. */
static int
reload(const missionctl_args_t *args)
{
    mc_nothing_t input = {0};
    mc_json_t root;
    mc_json_t error;
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, MC_COMMAND_RELOAD_MODELS, &input, &root) : -1;
    bool is_refused = result == 0 && mc_json_kind(root) == MC_JSON_OBJECT &&
                      mc_json_find(root, "loadError", &error) &&
                      mc_json_kind(error) == MC_JSON_STRING;
    if (result == 0 && missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (is_refused)
        result = mc_fail("%.*s; the models before stay in force", MC_FMT(mc_json_text(error)));
    else if (result == 0)
        printf("the models are in force\n");
    if (result == 0 && is_refused)
        result = MISSIONCTL_FAILED;
    missionctl_api_destroy(&api);
    return result;
}

static int
explain(const missionctl_args_t *args)
{
    mc_route_query_t query = {0};
    mc_json_t root;
    mc_json_t value;
    if (missionctl_args_record(args, &query) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, MC_COMMAND_EXPLAIN_ROUTE, &query, &root) : -1;
    if (result == 0 && missionctl_args_has(args, "json")) {
        missionctl_api_print(api);
    } else if (result == 0 && mc_json_kind(root) == MC_JSON_OBJECT) {
        if (mc_json_find(root, "candidates", &value))
            missionctl_table_print(value, &mc_route_candidate_shape, candidate_columns);
        if (mc_json_find(root, "message", &value) && mc_json_kind(value) == MC_JSON_STRING)
            printf("%.*s\n", MC_FMT(mc_json_text(value)));
    }
    missionctl_api_destroy(&api);
    return result;
}

const missionctl_command_t missionctl_providers_commands[] = {
    {.name = "providers add",
     .words = "NAME",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .options = add_options,
     .call = add,
     .doc = "Add a provider of models, or change the one of that name"},
    {.name = "providers list",
     .is_client = true,
     .call = list,
     .doc = "Providers of models, in the order of the registry"},
    {.name = "providers", .is_client = true, .call = list},
    {.name = "providers remove",
     .words = "NAME",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .call = take_away,
     .doc = "Remove a provider that was added"},
    {.name = "providers test",
     .words = "NAME",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .call = test,
     .doc = "Ask a provider for its models, with its key"},
    {.name = "models",
     .is_client = true,
     .call = list_models,
     .doc = "Every model of the registry, its card and its score"},
    {.name = "models list", .is_client = true, .call = list_models},
    {.name = "models reload",
     .is_client = true,
     .call = reload,
     .doc = "Read aop_models.json again, now"},
    {.name = "models explain",
     .is_client = true,
     .shape = &mc_route_query_shape,
     .call = explain,
     .doc = "Which model would answer a call, and why; nothing is called"},
    {0},
};
