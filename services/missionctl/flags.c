/*
 *  flags - settings that change while everything runs
 */
#include <stdio.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "table.h"

static void
print_flags(const missionctl_args_t *args, const missionctl_api_t *api, mc_json_t root)
{
    mc_json_t flags = root;
    if (missionctl_args_has(args, "json")) {
        missionctl_api_print(api);
        return;
    }
    if (mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, "flags", &flags))
        root = flags;
    missionctl_record_print(root, &mc_runtime_flags_shape);
}

static int
get(const missionctl_args_t *args)
{
    mc_nothing_t input = {0};
    missionctl_api_t *api = missionctl_api_new(args);
    mc_json_t root;
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_GET_RUNTIME_FLAGS, &input, &root) : -1;
    if (result == 0)
        print_flags(args, api, root);
    missionctl_api_destroy(&api);
    return result;
}

/* "devMode=true" and "dev-mode=true" both stand for the option --dev-mode. */
static int
take_word(missionctl_args_t *args, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals)
        return mc_fail("\"%s\" is not name=value", word);
    mc_text_t name = {word, (size_t)(equals - word)};
    const mc_field_t *field = mc_shape_find_json(&mc_runtime_flags_shape, name, 0);
    for (size_t i = 0; i < args->option_count; i++) {
        bool is_it = args->fields[i] &&
                     (args->fields[i] == field || mc_text_is(name, args->options[i].name));
        if (!is_it)
            continue;
        args->values[i] = equals + 1;
        return 0;
    }
    return mc_fail("there is no flag %.*s", MC_FMT(name));
}

static int
set(const missionctl_args_t *args)
{
    mc_runtime_flags_t input = {0};
    missionctl_args_t whole = *args;
    mc_json_t root;
    for (size_t i = 0; i < args->word_count; i++)
        if (take_word(&whole, args->words[i]) == -1)
            return missionctl_wrong_use(args);
    if (missionctl_args_record(&whole, &input) == -1)
        return missionctl_wrong_use(args);
    if (!input.present) {
        mc_fail("nothing is set");
        return missionctl_wrong_use(args);
    }
    missionctl_api_t *api = missionctl_api_new(args);
    int result =
        api ? missionctl_api_command(api, MC_COMMAND_SET_RUNTIME_FLAGS, &input, &root) : -1;
    if (result == 0)
        print_flags(args, api, root);
    missionctl_api_destroy(&api);
    return result;
}

const missionctl_command_t missionctl_flags_commands[] = {
    {.name = "flags",
     .is_client = true,
     .call = get,
     .doc = "Settings that change while everything runs"},
    {.name = "flags get", .is_client = true, .call = get},
    {.name = "flags set",
     .words = "NAME=VALUE...",
     .words_most = MISSIONCTL_WORDS_MAX,
     .is_client = true,
     .shape = &mc_runtime_flags_shape,
     .call = set,
     .doc = "Change some of them, at once and in .env"},
    {0},
};
