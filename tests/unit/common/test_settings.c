/*
 *  test_settings - settings and the .env file
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/env_file.h"
#include "common/error.h"
#include "common/settings.h"

static char folder[] = "/tmp/mc-test-settings-XXXXXX";

/* Every variable away, and an own folder to be in. */
static void
set_up(void)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        unsetenv(mc_setting_rows[i].variable);
    unsetenv("AOP_ENV_FILE");
    cr_assert(mkdtemp(folder));
    cr_assert(chdir(folder) == 0);
}

static void
tear_down(void)
{
    unlink(".env");
    unlink("other.env");
    cr_assert(chdir("/") == 0);
    rmdir(folder);
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

/* Settings that must be readable. */
static mc_settings_t *
read_all(void)
{
    mc_settings_t *settings = mc_settings_new();
    cr_assert(settings, "%s", mc_error());
    return settings;
}

static void
expect_failure(const char *reason)
{
    mc_settings_t *settings = mc_settings_new();
    cr_assert(!settings);
    cr_expect_str_eq(mc_error(), reason);
}

TestSuite(settings, .init = set_up, .fini = tear_down);

Test(settings, are_the_defaults_of_the_table_without_anything)
{
    MC_AUTO(mc_settings) settings = read_all();
    cr_expect_eq(settings->gateway_port, 8080);
    cr_expect_eq(settings->dev_mode, false);
    cr_expect_eq(settings->model_adapter_enabled, true);
    cr_expect_str_eq(settings->var_dir, "var");
    cr_expect_str_eq(settings->database_url, "");
    cr_expect_eq(settings->spool_bytes_max, INT64_C(4294967296));
}

Test(settings, come_from_the_environment_over_the_file_over_the_default)
{
    write_file(".env", "AOP_GATEWAY_PORT=1001\nAOP_ROUTER_PORT=1002\n");
    setenv("AOP_GATEWAY_PORT", "1003", 1);
    MC_AUTO(mc_settings) settings = read_all();
    cr_expect_eq(settings->gateway_port, 1003);
    cr_expect_eq(settings->router_port, 1002);
    cr_expect_eq(settings->ingest_port, 4318);
}

Test(settings, that_are_empty_count_as_not_set_unless_they_may_be_empty)
{
    write_file(".env", "AOP_GATEWAY_PORT=1001\nAOP_DATABASE_URL=host=there\nAOP_VAR_DIR=\n");
    setenv("AOP_GATEWAY_PORT", "", 1);
    setenv("AOP_DATABASE_URL", "", 1);
    MC_AUTO(mc_settings) settings = read_all();
    cr_expect_eq(settings->gateway_port, 1001);
    cr_expect_str_eq(settings->database_url, "");
    cr_expect_str_eq(settings->var_dir, "var");
}

Test(settings, take_the_words_of_a_boolean_in_any_case)
{
    static const struct {
        const char *word;
        bool is_true;
    } rows[] = {
        {"1", true},  {"true", true},   {"YES", true}, {"On", true},
        {"0", false}, {"False", false}, {"no", false}, {"OFF", false},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        setenv("AOP_DEV_MODE", rows[i].word, 1);
        MC_AUTO(mc_settings) settings = read_all();
        cr_expect_eq(settings->dev_mode, rows[i].is_true, "%s", rows[i].word);
    }
}

Test(settings, that_are_wrong_fail_with_variable_value_and_bounds)
{
    static const struct {
        const char *variable;
        const char *value;
        const char *reason;
    } rows[] = {
        {"AOP_GATEWAY_PORT", "abc",
         "AOP_GATEWAY_PORT is \"abc\", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", "0",
         "AOP_GATEWAY_PORT is \"0\", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", "65536",
         "AOP_GATEWAY_PORT is \"65536\", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", "80 ",
         "AOP_GATEWAY_PORT is \"80 \", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", " 80",
         "AOP_GATEWAY_PORT is \" 80\", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", "8e3",
         "AOP_GATEWAY_PORT is \"8e3\", not a whole number between 1 and 65535"},
        {"AOP_GATEWAY_PORT", "-",
         "AOP_GATEWAY_PORT is \"-\", not a whole number between 1 and 65535"},
        {"AOP_SPOOL_BYTES_MAX", "99999999999999999999",
         "AOP_SPOOL_BYTES_MAX is \"99999999999999999999\", not a whole number between 1048576 and "
         "1099511627776"},
        {"AOP_DEV_MODE", "maybe",
         "AOP_DEV_MODE is \"maybe\", not one of 1, true, yes, on, 0, false, no, off"},
        {"AOP_LISTEN_ADDRESS",
         "1234567890123456789012345678901234567890123456789012345678901234567890",
         "AOP_LISTEN_ADDRESS has 70 bytes, not between 1 and 64"},
    };
    char reason[512], line[256];
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        setenv(rows[i].variable, rows[i].value, 1);
        snprintf(reason, sizeof reason, "reading the environment: %s", rows[i].reason);
        expect_failure(reason);
        unsetenv(rows[i].variable);

        snprintf(line, sizeof line, "# one\n%s='%s'\n", rows[i].variable, rows[i].value);
        write_file(".env", line);
        snprintf(reason, sizeof reason, "reading line 2 of .env: %s", rows[i].reason);
        expect_failure(reason);
        unlink(".env");
    }
}

Test(settings, read_another_file_when_told_and_need_it_then)
{
    setenv("AOP_ENV_FILE", "other.env", 1);
    expect_failure("AOP_ENV_FILE names other.env, which does not exist");
    write_file("other.env", "AOP_GATEWAY_PORT=1001\n");
    MC_AUTO(mc_settings) settings = read_all();
    cr_expect_eq(settings->gateway_port, 1001);
    cr_expect_str_eq(mc_settings_env_file(), "other.env");
}

Test(settings, refuse_a_file_that_cannot_be_read)
{
    mkdir(".env", 0700);
    expect_failure("reading .env: Is a directory");
    rmdir(".env");
    write_file(".env", "AOP_GATEWAY_PORT=1\nnonsense\n");
    expect_failure("reading .env: line 2 is not NAME=value");
}

Test(settings, refuse_a_file_that_is_too_large)
{
    FILE *file = fopen(".env", "w");
    for (size_t i = 0; i <= MC_ENV_FILE_BYTES_MAX; i++)
        fputc('\n', file);
    fclose(file);
    expect_failure(".env is over 65536 bytes");
}

Test(settings, give_every_flag_as_the_record_that_travels)
{
    setenv("AOP_DEV_MODE", "yes", 1);
    setenv("AOP_TELEMETRY_RETENTION_DAYS", "30", 1);
    MC_AUTO(mc_settings) settings = read_all();
    mc_runtime_flags_t flags;
    mc_settings_flags(settings, &flags);
    for (size_t i = 0; i < mc_runtime_flags_shape.field_count; i++) {
        const mc_field_t *field = &mc_runtime_flags_shape.fields[i];
        bool is_flag = field->rule != MC_INTERNAL; /* who asks is no flag */
        cr_expect_eq(mc_record_has(&flags, i), is_flag, "%s", field->name);
    }
    cr_expect_eq(flags.dev_mode, true);
    cr_expect_eq(flags.model_adapter_enabled, true);
    cr_expect_eq(flags.budget_min_increment, 250);
    cr_expect_eq(flags.telemetry_retention_days, 30);
}

Test(settings, name_the_private_cluster_where_no_database_is_given)
{
    char expected[128];
    setenv("AOP_VAR_DIR", "it's here", 1);
    MC_AUTO(mc_settings) settings = read_all();
    char *url = mc_settings_database_url(settings);
    snprintf(expected, sizeof expected,
             "host='%s/it\\'s here/pg/run' dbname=mission_control user=mission_control", folder);
    cr_expect_str_eq(url, expected);
    free(url);

    settings->postgres_port = 5499;
    url = mc_settings_database_url(settings);
    cr_expect(strstr(url, "/pg/run' port=5499 dbname="));
    free(url);
}

Test(settings, give_the_database_as_it_was_set)
{
    setenv("AOP_DATABASE_URL", "postgresql://db/x", 1);
    MC_AUTO(mc_settings) settings = read_all();
    char *url = mc_settings_database_url(settings);
    cr_expect_str_eq(url, "postgresql://db/x");
    free(url);
}

Test(settings, are_found_by_the_place_of_their_member)
{
    cr_expect_str_eq(mc_setting_row(offsetof(mc_settings_t, control_port))->variable,
                     "AOP_CONTROL_PORT");
    cr_expect_null(mc_setting_row(sizeof(mc_settings_t)));
}

Test(settings, all_have_names_docs_and_defaults_within_their_bounds)
{
    MC_AUTO(mc_settings) settings = read_all();
    for (size_t i = 0; i < mc_setting_count; i++) {
        const mc_setting_row_t *row = &mc_setting_rows[i];
        cr_expect(!strncmp(row->variable, "AOP_", 4));
        cr_expect(row->doc[0]);
        cr_expect(mc_setting_parse(row, row->fallback, settings) == 0, "%s", mc_error());
    }
}

Test(env_file, reads_every_form_of_a_line)
{
    static const struct {
        const char *sentence;
        const char *line;
        const char *name;
        const char *value;
    } rows[] = {
        {"a plain pair", "NAME=value", "NAME", "value"},
        {"spaces around", "  NAME =  value  \r", NULL, NULL},
        {"spaces at the ends", "  NAME= some value \r", "NAME", "some value"},
        {"export before", "export NAME=value", "NAME", "value"},
        {"a name that begins with export", "exported=1", "exported", "1"},
        {"nothing", "NAME=", "NAME", ""},
        {"a comment behind", "NAME=value # why", "NAME", "value"},
        {"only a comment behind", "NAME= # why", "NAME", ""},
        {"a hash inside", "NAME=a#b", "NAME", "a#b"},
        {"an equals sign inside", "NAME=a=b", "NAME", "a=b"},
        {"single quotes", "NAME='a # \\n \"b\"'", "NAME", "a # \\n \"b\""},
        {"double quotes", "NAME=\"a # \\n\\t\\\"\\\\\\$x\" # end", "NAME", "a # \n\t\"\\$x"},
        {"an unknown escape stays", "NAME=\"a\\qb\"", "NAME", "a\\qb"},
        {"empty quotes", "NAME=\"\"", "NAME", ""},
        {"a quote inside", "NAME=it's", "NAME", "it's"},
        {"a comment", "# NAME=value", "", NULL},
        {"a blank", "   ", "", NULL},
        {"empty", "", "", NULL},
        {"no name", "=value", NULL, NULL},
        {"no equals sign", "NAME", NULL, NULL},
        {"a digit first", "1NAME=value", NULL, NULL},
        {"a dash in the name", "MY-NAME=value", NULL, NULL},
        {"an open quote", "NAME='value", NULL, NULL},
        {"an open double quote", "NAME=\"value\\\"", NULL, NULL},
        {"something behind the quote", "NAME='a'b", NULL, NULL},
    };
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_env_line_t line;
        int result = mc_env_line_read(mc_text(rows[i].line), 7, arena, &line);
        cr_expect_eq(result, rows[i].name ? 0 : -1, "%s", rows[i].sentence);
        if (result == -1) {
            cr_expect(!strncmp(mc_error(), "line 7 ", 7), "%s: %s", rows[i].sentence, mc_error());
            continue;
        }
        cr_expect(mc_text_is(line.name, rows[i].name), "%s", rows[i].sentence);
        cr_expect(mc_text_is(line.value, rows[i].value), "%s: '%.*s'", rows[i].sentence,
                  MC_FMT(line.value));
    }
}

Test(env_file, gives_lines_with_and_without_a_last_newline)
{
    mc_text_t rest = MC_TEXT("a\n\nb"), line;
    cr_expect(mc_env_line_next(&rest, &line) && mc_text_is(line, "a"));
    cr_expect(mc_env_line_next(&rest, &line) && mc_text_is(line, ""));
    cr_expect(mc_env_line_next(&rest, &line) && mc_text_is(line, "b"));
    cr_expect(!mc_env_line_next(&rest, &line));
}
