/*
 *  keys - API keys, and the keys of the bus between hosts
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "common/bus.h"
#include "common/error.h"
#include "proto/codec.h"

static const missionctl_option_t create_options[] = {
    {"role", 0, "ROLE", "viewer, operator, admin or agent"},
    {"name", 0, "TEXT", "What it is for"},
    {0},
};

static const missionctl_column_t columns[] = {
    {"ID", MC_INDEX_api_key_id},
    {"ROLE", MC_INDEX_api_key_role},
    {"NAME", MC_INDEX_api_key_name},
    {"CREATED", MC_INDEX_api_key_created_at},
    {"LAST USED", MC_INDEX_api_key_last_used_at},
    {"REVOKED", MC_INDEX_api_key_revoked_at},
    {0},
};

/* Prints the key and nothing else, so that a script can take it. */
static int
print_key(const missionctl_api_t *api, mc_json_t root, bool is_json)
{
    mc_json_t key;
    if (is_json) {
        missionctl_api_print(api);
        return 0;
    }
    if (mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "key", &key) ||
        mc_json_kind(key) != MC_JSON_STRING)
        return mc_fail("the answer has no key");
    mc_text_t text = mc_json_text(key);
    printf("%.*s\n", MC_FMT(text));
    return 0;
}

static int
create(const missionctl_args_t *args)
{
    const char *role = missionctl_args_value(args, "role");
    const char *name = missionctl_args_value(args, "name");
    if (!role || !name || mc_role(mc_text(role)) == MC_ROLE_NONE) {
        mc_fail("%s", !role || !name ? "--role and --name are needed"
                                     : "--role is not viewer, operator, admin or agent");
        return missionctl_wrong_use(args);
    }
    missionctl_api_t *api = missionctl_api_new(args);
    mc_json_t root;
    mc_buffer_t body = {0};
    mc_buffer_printf(&body, "{\"role\":\"%s\",\"name\":", role);
    mc_write_json_text(&body, mc_text(name));
    mc_buffer_byte(&body, '}');
    int result =
        api ? missionctl_api_call(api, NULL, "/api/v1/keys", mc_buffer_content(&body), &root) : -1;
    if (result == 0)
        result = print_key(api, root, missionctl_args_has(args, "json"));
    mc_buffer_clear(&body);
    missionctl_api_destroy(&api);
    return result;
}

static int
list(const missionctl_args_t *args)
{
    missionctl_question_t question = {.shape = &mc_api_key_shape, .columns = columns};
    return missionctl_ask_list(args, "/api/v1/keys", &question);
}

static int
take_back(const missionctl_args_t *args)
{
    missionctl_api_t *api = missionctl_api_new(args);
    mc_buffer_t path = {0};
    mc_json_t root;
    mc_buffer_string(&path, "/api/v1/keys/");
    missionctl_percent_encode(&path, mc_text(args->words[0]));
    mc_buffer_byte(&path, '\0');
    int result = api ? missionctl_api_call(api, "DELETE", path.data, (mc_text_t){0}, &root) : -1;
    if (result == 0)
        printf(missionctl_args_has(args, "json") ? "{\"revoked\":\"%s\"}\n" : "%s is revoked\n",
               args->words[0]);
    mc_buffer_clear(&path);
    missionctl_api_destroy(&api);
    return result;
}

static int
make_bus_keys(const missionctl_args_t *args)
{
    if (mc_bus_make_keys(args->words[0]) == -1)
        return -1;
    printf(missionctl_args_has(args, "json")
               ? "{\"folder\":\"%s\"}\n"
               : "%s has the keys of the bus; set AOP_BUS_KEY_DIR to it on every host\n",
           args->words[0]);
    return 0;
}

const missionctl_command_t missionctl_keys_commands[] = {
    {.name = "keys create",
     .is_client = true,
     .options = create_options,
     .call = create,
     .doc = "Make an API key and print it, once"},
    {.name = "keys list", .is_client = true, .call = list, .doc = "All API keys, without secrets"},
    {.name = "keys revoke",
     .words = "ID",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .call = take_back,
     .doc = "Take an API key back, at once"},
    {.name = "keys bus",
     .words = "DIR",
     .words_least = 1,
     .words_most = 1,
     .call = make_bus_keys,
     .doc = "Make the keys with which services on several hosts know one another"},
    {0},
};
