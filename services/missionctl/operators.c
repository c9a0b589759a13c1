/*
 *  operators - who may log in
 */
#include <stdio.h>
#include <unistd.h>

#include "asking.h"
#include "commands.h"
#include "common/error.h"
#include "common/passphrase.h"
#include "proto/codec.h"

static const missionctl_option_t add_options[] = {
    {"role", 0, "ROLE", "viewer, operator or admin (viewer)"},
    {"passphrase-stdin", 0, NULL, "Take the passphrase from the first line of standard input"},
    {0},
};

static const missionctl_column_t columns[] = {
    {"NAME", MC_INDEX_operator_name},
    {"ROLE", MC_INDEX_operator_role},
    {"CREATED", MC_INDEX_operator_created_at},
    {"CHANGED", MC_INDEX_operator_changed_at},
    {0},
};

static int
check_role(const char *role)
{
    mc_role_t known = mc_role(mc_text(role));
    if (known == MC_ROLE_viewer || known == MC_ROLE_operator || known == MC_ROLE_admin)
        return 0;
    return mc_fail("the role %s is not viewer, operator or admin", role);
}

/* The first line of standard input: what is on a command line, others of this machine can read. */
static int
read_passphrase(char *room, size_t size)
{
    if (!fgets(room, (int)size, stdin))
        return mc_fail("there is no passphrase on standard input");
    room[strcspn(room, "\r\n")] = '\0';
    return 0;
}

/* Prints a passphrase that was made and nothing else, so that a script can take it. */
static int
print_added(const missionctl_args_t *args, const missionctl_api_t *api, mc_json_t root)
{
    mc_json_t passphrase;
    if (missionctl_args_has(args, "json")) {
        missionctl_api_print(api);
        return 0;
    }
    if (missionctl_args_has(args, "passphrase-stdin")) {
        printf("%s may log in\n", args->words[0]);
        return 0;
    }
    if (mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "passphrase", &passphrase) ||
        mc_json_kind(passphrase) != MC_JSON_STRING)
        return mc_fail("the answer has no passphrase");
    mc_text_t text = mc_json_text(passphrase);
    printf("%.*s\n", MC_FMT(text));
    return 0;
}

static void
write_new(const missionctl_args_t *args, const char *role, const char *passphrase,
          mc_buffer_t *body)
{
    mc_buffer_string(body, "{\"name\":");
    mc_write_json_text(body, mc_text(args->words[0]));
    mc_buffer_printf(body, ",\"role\":\"%s\"", role);
    if (passphrase[0]) {
        mc_buffer_string(body, ",\"passphrase\":");
        mc_write_json_text(body, mc_text(passphrase));
    }
    mc_buffer_byte(body, '}');
}

static int
add(const missionctl_args_t *args)
{
    const char *role = missionctl_args_value(args, "role");
    char passphrase[MC_PASSPHRASE_BYTES_MAX + 2] = "";
    role = role ? role : "viewer";
    if (check_role(role) == -1 || (missionctl_args_has(args, "passphrase-stdin") &&
                                   read_passphrase(passphrase, sizeof passphrase) == -1))
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    mc_json_t root;
    mc_buffer_t body = {0};
    write_new(args, role, passphrase, &body);
    int result =
        api ? missionctl_api_call(api, NULL, "/api/v1/operators", mc_buffer_content(&body), &root)
            : -1;
    if (result == 0)
        result = print_added(args, api, root);
    explicit_bzero(passphrase, sizeof passphrase);
    explicit_bzero(body.data, body.size);
    mc_buffer_clear(&body);
    missionctl_api_destroy(&api);
    return result;
}

static int
list(const missionctl_args_t *args)
{
    missionctl_question_t question = {.shape = &mc_operator_shape, .columns = columns};
    return missionctl_ask_list(args, "/api/v1/operators", &question);
}

/* Asks something of the operator that the first word names; said is what a person is told. */
static int
change(const missionctl_args_t *args, const char *method, mc_text_t body, const char *said)
{
    missionctl_api_t *api = missionctl_api_new(args);
    mc_buffer_t path = {0};
    mc_json_t root;
    mc_buffer_string(&path, "/api/v1/operators/");
    missionctl_percent_encode(&path, mc_text(args->words[0]));
    mc_buffer_byte(&path, '\0');
    int result = api ? missionctl_api_call(api, method, path.data, body, &root) : -1;
    bool is_json = missionctl_args_has(args, "json");
    if (result == 0 && is_json && body.size)
        missionctl_api_print(api);
    else if (result == 0)
        printf(is_json ? "{\"removed\":\"%s\"}\n" : "%s %s\n", args->words[0], said);
    mc_buffer_clear(&path);
    missionctl_api_destroy(&api);
    return result;
}

static int
take_away(const missionctl_args_t *args)
{
    return change(args, "DELETE", (mc_text_t){0}, "is removed");
}

static int
set_role(const missionctl_args_t *args)
{
    const char *role = args->words[1];
    char body[64], said[64];
    if (check_role(role) == -1)
        return missionctl_wrong_use(args);
    snprintf(body, sizeof body, "{\"role\":\"%s\"}", role);
    snprintf(said, sizeof said, "has the role %s", role);
    return change(args, "PATCH", mc_text(body), said);
}

const missionctl_command_t missionctl_operators_commands[] = {
    {.name = "operators add",
     .words = "NAME",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .options = add_options,
     .call = add,
     .doc = "Let a person log in; prints the passphrase that is made, once"},
    {.name = "operators list", .is_client = true, .call = list, .doc = "Who may log in"},
    {.name = "operators remove",
     .words = "NAME",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .call = take_away,
     .doc = "Remove an operator and end the sessions, at once"},
    {.name = "operators role",
     .words = "NAME ROLE",
     .words_least = 2,
     .words_most = 2,
     .is_client = true,
     .call = set_role,
     .doc = "Give an operator another role, at once"},
    {0},
};
