/*
 *  generate_env - .env.example: every setting with its default
 */
#include "generate.h"

#include <stdio.h>

static bool
is_flag(const generate_setting_t *setting)
{
    return mc_shape_find_name(&mc_runtime_flags_shape, mc_text(setting->name)) != NULL;
}

static void
print_setting(const generate_setting_t *setting)
{
    printf("\n# %s.", setting->doc);
    if (!strcmp(setting->kind, "INT"))
        printf(" %lld to %lld.", (long long)setting->least, (long long)setting->most);
    if (!strcmp(setting->kind, "BOOL"))
        printf(" true or false.");
    printf("\n%s=%s\n", setting->variable, setting->fallback);
}

void
generate_env(void)
{
    printf(
        "# The settings of Mission Control with their defaults; made from proto/settings.def by\n"
        "# `make proto`. Copy to .env and change there. A variable of the environment wins over\n"
        "# .env, and .env over the default.\n"
        "\n# --- flags: can also be changed while everything runs; the change is written to "
        ".env\n");
    for (size_t i = 0; i < generate_setting_count; i++)
        if (is_flag(&generate_settings[i]))
            print_setting(&generate_settings[i]);
    printf("\n# --- settings: read when a service starts\n");
    for (size_t i = 0; i < generate_setting_count; i++)
        if (!is_flag(&generate_settings[i]))
            print_setting(&generate_settings[i]);
}
