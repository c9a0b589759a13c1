/*
 *  test_flag_fields - flags as record, variables and JSON
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "common/error.h"
#include "common/settings.h"
#include "services/control/flag_fields.h"

static mc_runtime_flags_t
defaults(void)
{
    mc_runtime_flags_t flags;
    cr_assert_eq(setenv("AOP_ENV_FILE", "/dev/null", 1), 0);
    MC_AUTO(mc_settings) settings = mc_settings_new();
    cr_assert(settings, "%s", mc_error());
    mc_settings_flags(settings, &flags);
    return flags;
}

typedef struct {
    const char *says;
    size_t index;
    int64_t asked;
    int64_t taken;
} clamp_row_t;

#define CLAMP(flag, asked, taken)                                                                  \
    {                                                                                              \
#flag, MC_INDEX_runtime_flags_##flag, asked, taken                                         \
    }
static const clamp_row_t clamp_rows[] = {
    CLAMP(budget_headroom_percent, 0, 1),
    CLAMP(budget_headroom_percent, 1, 1),
    CLAMP(budget_headroom_percent, 95, 95),
    CLAMP(budget_headroom_percent, 96, 95),
    CLAMP(budget_auto_max_percent, 4, 5),
    CLAMP(budget_auto_max_percent, 5, 5),
    CLAMP(budget_auto_max_percent, 100, 100),
    CLAMP(budget_auto_max_percent, 101, 100),
    CLAMP(budget_min_increment, -7, 50),
    CLAMP(budget_min_increment, 50, 50),
    CLAMP(budget_min_increment, 100000, 100000),
    CLAMP(budget_min_increment, 100001, 100000),
    CLAMP(telemetry_retention_days, 0, 1),
    CLAMP(telemetry_retention_days, 365, 365),
    CLAMP(telemetry_retention_days, INT64_MAX, 365),
    CLAMP(telemetry_retention_days, INT64_MIN, 1),
};

Test(flag_fields, clamps_to_the_bounds_of_the_settings)
{
    for (size_t i = 0; i < MC_COUNT(clamp_rows); i++) {
        const clamp_row_t *row = &clamp_rows[i];
        mc_runtime_flags_t flags = {0};
        int64_t *member = mc_record_member(&flags, &mc_runtime_flags_shape.fields[row->index]);
        *member = row->asked;
        mc_record_mark(&flags, row->index);
        control_flags_clamp(&flags);
        cr_expect_eq(*member, row->taken, "%s: %lld gives %lld", row->says, (long long)row->asked,
                     (long long)*member);
    }
}

Test(flag_fields, does_not_clamp_what_is_absent)
{
    mc_runtime_flags_t flags = {0};
    control_flags_clamp(&flags);
    cr_expect_eq(flags.present, 0);
    cr_expect_eq(flags.budget_min_increment, 0);
}

Test(flag_fields, merge_takes_only_what_is_present)
{
    mc_runtime_flags_t flags = defaults(), asked = {0};
    mc_set(&asked, runtime_flags, dev_mode, true);
    mc_set(&asked, runtime_flags, budget_min_increment, 300);
    cr_expect_eq(control_flags_merge(&flags, &asked), 0);
    cr_expect(flags.dev_mode);
    cr_expect_eq(flags.budget_min_increment, 300);
    cr_expect_eq(flags.budget_headroom_percent, 25);
    cr_expect(flags.model_adapter_enabled);
}

Test(flag_fields, merge_keeps_what_the_environment_sets)
{
    cr_assert_eq(setenv("AOP_DEV_MODE", "false", 1), 0);
    cr_assert_eq(setenv("AOP_BUDGET_MIN_INCREMENT", "250", 1), 0);
    mc_runtime_flags_t flags = defaults(), asked = {0};
    mc_set(&asked, runtime_flags, dev_mode, true);
    mc_set(&asked, runtime_flags, budget_min_increment, 250);
    cr_expect_eq(control_flags_merge(&flags, &asked), 1, "the second is as it was asked");
    cr_expect_not(flags.dev_mode);
}

Test(flag_fields, overlay_takes_what_the_environment_sets_too)
{
    cr_assert_eq(setenv("AOP_DEV_MODE", "false", 1), 0);
    mc_runtime_flags_t flags = defaults(), asked = {0};
    mc_set(&asked, runtime_flags, dev_mode, true);
    control_flags_overlay(&flags, &asked);
    cr_expect(flags.dev_mode);
    cr_expect_eq(flags.budget_min_increment, 250);
}

Test(flag_fields, an_empty_variable_of_the_environment_sets_nothing)
{
    cr_assert_eq(setenv("AOP_DEV_MODE", "", 1), 0);
    mc_runtime_flags_t flags = defaults(), asked = {0};
    mc_set(&asked, runtime_flags, dev_mode, true);
    cr_expect_eq(control_flags_merge(&flags, &asked), 0);
    cr_expect(flags.dev_mode);
}

Test(flag_fields, are_equal_by_every_flag)
{
    mc_runtime_flags_t one = defaults();
    for (size_t i = 0; i < mc_runtime_flags_shape.field_count; i++) {
        mc_runtime_flags_t other = one;
        cr_expect(control_flags_equal(&one, &other));
        const mc_field_t *field = &mc_runtime_flags_shape.fields[i];
        if (field->kind == MC_BOOL_KIND)
            *(bool *)mc_record_member(&other, field) ^= true;
        else if (field->kind == MC_I64_KIND)
            *(int64_t *)mc_record_member(&other, field) += 1;
        else
            continue;
        cr_expect_not(control_flags_equal(&one, &other), "%s is not looked at", field->name);
    }
}

Test(flag_fields, give_the_lines_of_the_file)
{
    mc_runtime_flags_t asked = {0};
    control_env_value_t values[MC_FIELDS_runtime_flags];
    mc_set(&asked, runtime_flags, model_adapter_strict, true);
    mc_set(&asked, runtime_flags, dev_mode, false);
    mc_set(&asked, runtime_flags, budget_min_increment, 100000);
    cr_assert_eq(control_flags_values(&asked, values), 3);
    cr_expect_str_eq(values[0].variable, "AOP_DEV_MODE");
    cr_expect_str_eq(values[0].value, "false");
    cr_expect_str_eq(values[1].variable, "AOP_MODEL_ADAPTER_STRICT");
    cr_expect_str_eq(values[1].value, "true");
    cr_expect_str_eq(values[2].variable, "AOP_BUDGET_MIN_INCREMENT");
    cr_expect_str_eq(values[2].value, "100000");
}

Test(flag_fields, have_a_variable_for_each_of_the_eight)
{
    mc_runtime_flags_t flags = defaults();
    control_env_value_t values[MC_FIELDS_runtime_flags];
    cr_expect_eq(control_flags_values(&flags, values), 8);
}

Test(flag_fields, write_what_changed_from_what_to_what)
{
    mc_runtime_flags_t old = defaults(), asked = {0};
    mc_buffer_t json = {0};
    mc_set(&asked, runtime_flags, dev_mode, true);
    mc_set(&asked, runtime_flags, model_adapter_enabled, true);
    mc_set(&asked, runtime_flags, telemetry_retention_days, 30);
    control_flags_write_change(&old, &asked, &json);
    cr_expect(mc_text_is(mc_buffer_content(&json),
                         "{\"devMode\":{\"from\":false,\"to\":true},"
                         "\"telemetryRetentionDays\":{\"from\":7,\"to\":30}}"),
              "%.*s", MC_FMT(mc_buffer_content(&json)));
    mc_buffer_reset(&json);
    control_flags_write_change(&old, &old, &json);
    cr_expect(mc_text_is(mc_buffer_content(&json), "{}"));
    mc_buffer_clear(&json);
}
