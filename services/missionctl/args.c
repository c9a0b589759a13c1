/*
 *  args - a command line, read against the row of its command
 */
#include "args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const missionctl_option_t client_options[] = {
    {"url", 0, "URL", "Where Mission Control is (else MC_URL, else this machine's)"},
    {"key", 0, "KEY", "API key (better in AOP_API_KEY: a command line can be seen by others)"},
    {0},
};

static const missionctl_option_t common_options[] = {
    {"json", 0, NULL, "Print JSON"},
    {"help", 'h', NULL, "Print this"},
    {0},
};

/* Fields whose option has a shorter name than the field. */
static const char *const short_names[][2] = {
    {"root_task_id", "root"},
    {"task_id", "task"},
    {"run_id", "run"},
    {"parent_run_id", "parent-run"},
    {"parent_id", "parent"},
    {"model_id", "model"},
    {"include_descendants", "with-descendants"},
};

static void
name_of_field(const mc_field_t *field, char ret_name[48])
{
    snprintf(ret_name, 48, "%s", field->name);
    for (size_t i = 0; i < MC_COUNT(short_names); i++)
        if (!strcmp(field->name, short_names[i][0]))
            snprintf(ret_name, 48, "%s", short_names[i][1]);
    for (char *at = ret_name; *at; at++)
        if (*at == '_')
            *at = '-';
}

static const char *
value_of_field(const mc_field_t *field)
{
    switch (field->kind) {
    case MC_I64_KIND:
        return "N";
    case MC_F64_KIND:
    case MC_MONEY_KIND:
        return "X";
    case MC_TIME_KIND:
        return "TIME";
    case MC_BOOL_KIND:
        return "true|false";
    default:
        return "TEXT";
    }
}

static void
add_options(missionctl_args_t *self, const missionctl_option_t *options)
{
    for (; options && options->name; options++) {
        assert(self->option_count < MISSIONCTL_OPTIONS_MAX);
        self->options[self->option_count++] = *options;
    }
}

/* A secret never stands on a command line, so it has no option. */
static void
add_field(missionctl_args_t *self, const mc_field_t *field)
{
    bool is_hidden = field->rule == MC_ASSIGNED || field->rule == MC_INTERNAL ||
                     field->rule == MC_INBOUND || field->rule == MC_SECRET;
    if (is_hidden || field->kind == MC_RECORD_KIND || field->kind == MC_LIST_KIND)
        return;
    assert(self->option_count < MISSIONCTL_OPTIONS_MAX);
    size_t at = self->option_count++;
    name_of_field(field, self->names[at]);
    self->fields[at] = field;
    self->options[at] = (missionctl_option_t){
        .name = self->names[at], .value = value_of_field(field), .doc = field->doc};
}

void
missionctl_args_init(missionctl_args_t *self, const missionctl_command_t *command)
{
    *self = (missionctl_args_t){.command = command};
    add_options(self, command->options);
    for (size_t i = 0; command->shape && i < command->shape->field_count; i++)
        add_field(self, &command->shape->fields[i]);
    if (command->is_client)
        add_options(self, client_options);
    add_options(self, common_options);
}

static int
find_option(const missionctl_args_t *self, const char *name, size_t size)
{
    for (size_t i = 0; i < self->option_count; i++)
        if (strlen(self->options[i].name) == size && !memcmp(self->options[i].name, name, size))
            return (int)i;
    return -1;
}

static int
find_letter(const missionctl_args_t *self, char letter)
{
    for (size_t i = 0; i < self->option_count; i++)
        if (self->options[i].letter == letter)
            return (int)i;
    return -1;
}

/* Reads --name, --name=value or -n at *at; leaves *at on the last word it used. */
static int
read_option(missionctl_args_t *self, char ***at)
{
    const char *word = **at;
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    size_t size = equals ? (size_t)(equals - word - 2) : strlen(word + 1 + is_long);
    bool is_letter = !is_long && size == 1;
    int index = is_long     ? find_option(self, word + 2, size)
                : is_letter ? find_letter(self, word[1])
                            : -1;
    if (index == -1)
        return mc_fail("there is no option %.*s", (int)(equals ? equals - word : 200), word);

    bool takes_value = self->options[index].value != NULL;
    if (!takes_value && equals)
        return mc_fail("--%s takes no value", self->options[index].name);
    if (takes_value && !equals && !(*at)[1])
        return mc_fail("--%s needs a value: %s", self->options[index].name,
                       self->options[index].value);
    if (!takes_value)
        self->values[index] = "";
    else
        self->values[index] = equals ? equals + 1 : *++*at;
    return 0;
}

static int
check_words(const missionctl_args_t *self)
{
    const missionctl_command_t *command = self->command;
    if (missionctl_args_has(self, "help"))
        return 0;
    if (self->word_count < command->words_least)
        return mc_fail("%s needs %s", command->name, command->words);
    if (self->word_count > command->words_most)
        return mc_fail("%s does not take \"%s\"", command->name, self->words[command->words_most]);
    return 0;
}

int
missionctl_args_read(missionctl_args_t *self, char **argv)
{
    for (char **at = argv; *at; at++) {
        if (!strcmp(*at, "--")) {
            self->rest = at + 1;
            break;
        }
        if ((*at)[0] == '-' && (*at)[1]) {
            if (read_option(self, &at) == -1)
                return -1;
        } else if (self->command->is_wrapper) {
            self->rest = at;
            break;
        } else if (self->word_count == MISSIONCTL_WORDS_MAX) {
            return mc_fail("more than %d words", MISSIONCTL_WORDS_MAX);
        } else {
            self->words[self->word_count++] = *at;
        }
    }
    if (self->rest && !self->command->is_wrapper && *self->rest)
        return mc_fail("%s does not take \"%s\"", self->command->name, *self->rest);
    return check_words(self);
}

const char *
missionctl_args_value(const missionctl_args_t *self, const char *name)
{
    int index = find_option(self, name, strlen(name));
    return index == -1 ? NULL : self->values[index];
}

void
missionctl_args_set(missionctl_args_t *self, const char *name, const char *value)
{
    int index = find_option(self, name, strlen(name));
    assert(index != -1);
    self->values[index] = value;
}

bool
missionctl_args_has(const missionctl_args_t *self, const char *name)
{
    return missionctl_args_value(self, name) != NULL;
}

int
missionctl_args_number(const missionctl_args_t *self, const char *name, const int64_t range[2],
                       int64_t *number)
{
    const char *value = missionctl_args_value(self, name);
    if (!value)
        return 0;
    char *end = NULL;
    errno = 0;
    int64_t read = strtoll(value, &end, 10);
    if (!*value || *end || errno || read < range[0] || read > range[1])
        return mc_fail("--%s is \"%.64s\", not a whole number between %" PRId64 " and %" PRId64,
                       name, value, range[0], range[1]);
    *number = read;
    return 0;
}
