/*
 *  asking - one question to the gateway, and its answer for a person or as JSON
 */
#include "asking.h"

#include "commands.h"

static int
print_answer(const missionctl_args_t *args, const missionctl_api_t *api,
             const missionctl_question_t *question, mc_json_t root)
{
    mc_json_t items;
    if (missionctl_args_has(args, "json"))
        missionctl_api_print(api);
    else if (!question->columns)
        missionctl_record_print(root, question->shape);
    else if (missionctl_api_items(root, &items) == -1)
        return -1;
    else
        missionctl_table_print(items, question->shape, question->columns);
    return 0;
}

int
missionctl_ask(const missionctl_args_t *args, const missionctl_question_t *question)
{
    mc_json_t root;
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_command(api, question->command, question->input, &root) : -1;
    if (result == 0)
        result = print_answer(args, api, question, root);
    missionctl_api_destroy(&api);
    return result;
}

int
missionctl_ask_options(const missionctl_args_t *args, const missionctl_question_t *question)
{
    if (missionctl_args_record(args, question->input) == -1)
        return missionctl_wrong_use(args);
    return missionctl_ask(args, question);
}

int
missionctl_ask_list(const missionctl_args_t *args, const char *path,
                    const missionctl_question_t *question)
{
    mc_json_t root;
    missionctl_api_t *api = missionctl_api_new(args);
    int result = api ? missionctl_api_get(api, path, NULL, NULL, &root) : -1;
    if (result == 0)
        result = print_answer(args, api, question, root);
    missionctl_api_destroy(&api);
    return result;
}
