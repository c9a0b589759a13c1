/*
 *  test_task_verbs - which verb may start from which status
 */
#include <criterion/criterion.h>

#include "services/control/task_verbs.h"

typedef struct {
    const char *says;
    control_verb_t verb;
    mc_status_t from;
    bool may;
} row_t;

static const row_t rows[] = {
    {"a pending task can be paused", CONTROL_VERB_PAUSE, MC_STATUS_PENDING, true},
    {"an executing task can be paused", CONTROL_VERB_PAUSE, MC_STATUS_EXECUTING, true},
    {"a completed task cannot be paused", CONTROL_VERB_PAUSE, MC_STATUS_COMPLETED, false},
    {"a failed task cannot be paused", CONTROL_VERB_PAUSE, MC_STATUS_FAILED, false},
    {"a paused task cannot be paused again", CONTROL_VERB_PAUSE, MC_STATUS_PAUSED, false},
    {"a pending task cannot be resumed", CONTROL_VERB_RESUME, MC_STATUS_PENDING, false},
    {"an executing task cannot be resumed", CONTROL_VERB_RESUME, MC_STATUS_EXECUTING, false},
    {"a completed task cannot be resumed", CONTROL_VERB_RESUME, MC_STATUS_COMPLETED, false},
    {"a failed task cannot be resumed", CONTROL_VERB_RESUME, MC_STATUS_FAILED, false},
    {"a paused task can be resumed", CONTROL_VERB_RESUME, MC_STATUS_PAUSED, true},
    {"a pending task can be stopped", CONTROL_VERB_STOP, MC_STATUS_PENDING, true},
    {"an executing task can be stopped", CONTROL_VERB_STOP, MC_STATUS_EXECUTING, true},
    {"a completed task cannot be stopped", CONTROL_VERB_STOP, MC_STATUS_COMPLETED, false},
    {"a failed task cannot be stopped", CONTROL_VERB_STOP, MC_STATUS_FAILED, false},
    {"a paused task can be stopped", CONTROL_VERB_STOP, MC_STATUS_PAUSED, true},
    {"a pending task cannot be restarted", CONTROL_VERB_RESTART, MC_STATUS_PENDING, false},
    {"an executing task cannot be restarted", CONTROL_VERB_RESTART, MC_STATUS_EXECUTING, false},
    {"a completed task can be restarted", CONTROL_VERB_RESTART, MC_STATUS_COMPLETED, true},
    {"a failed task can be restarted", CONTROL_VERB_RESTART, MC_STATUS_FAILED, true},
    {"a paused task can be restarted", CONTROL_VERB_RESTART, MC_STATUS_PAUSED, true},
};

Test(task_verbs, start_only_where_the_table_says)
{
    cr_assert_eq(MC_COUNT(rows), CONTROL_VERB_COUNT * MC_STATUS_UNKNOWN, "a pair is missing");
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        cr_expect_eq(control_verb_takes(rows[i].verb, rows[i].from), rows[i].may, "%s",
                     rows[i].says);
    cr_expect_not(control_verb_takes(CONTROL_VERB_STOP, MC_STATUS_UNKNOWN));
}

Test(task_verbs, lead_to_one_status_each)
{
    cr_expect_eq(control_verb_next(CONTROL_VERB_PAUSE), MC_STATUS_PAUSED);
    cr_expect_eq(control_verb_next(CONTROL_VERB_RESUME), MC_STATUS_EXECUTING);
    cr_expect_eq(control_verb_next(CONTROL_VERB_STOP), MC_STATUS_FAILED);
    cr_expect_eq(control_verb_next(CONTROL_VERB_RESTART), MC_STATUS_PENDING);
}

Test(task_verbs, never_lead_to_where_they_started)
{
    for (int verb = 0; verb < CONTROL_VERB_COUNT; verb++)
        cr_expect_not(
            control_verb_takes((control_verb_t)verb, control_verb_next((control_verb_t)verb)),
            "%s leads from its status to itself", control_verb_word((control_verb_t)verb));
}

Test(task_verbs, are_read_as_they_are_written)
{
    for (int i = 0; i < CONTROL_VERB_COUNT; i++) {
        control_verb_t verb = CONTROL_VERB_COUNT;
        mc_refusal_t refusal;
        mc_text_t word = mc_text(control_verb_word((control_verb_t)i));
        cr_assert_eq(control_verb_read(word, "action", &verb, &refusal), 0);
        cr_expect_eq((int)verb, i);
    }
}

Test(task_verbs, refuse_an_unknown_word_naming_the_four)
{
    control_verb_t verb = CONTROL_VERB_STOP;
    mc_refusal_t refusal;
    cr_assert_eq(control_verb_read(MC_TEXT("Pause"), "action", &verb, &refusal), MC_REFUSED);
    cr_expect_eq(refusal.code, MC_BAD_INPUT_ERROR);
    cr_expect_str_eq(refusal.field, "action");
    cr_expect_str_eq(refusal.message, "action is \"Pause\", not pause, resume, stop or restart");
    cr_expect_eq(verb, CONTROL_VERB_STOP, "a refused word leaves the verb alone");
}

Test(task_verbs, refuse_no_word_in_other_words)
{
    control_verb_t verb;
    mc_refusal_t refusal;
    cr_assert_eq(control_verb_read((mc_text_t){0}, "action", &verb, &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "action is missing: pause, resume, stop or restart");
}

Test(task_verbs, print_where_they_may_start)
{
    static const char *const texts[] = {
        [CONTROL_VERB_PAUSE] = "pending or executing",
        [CONTROL_VERB_RESUME] = "paused",
        [CONTROL_VERB_STOP] = "pending, executing or paused",
        [CONTROL_VERB_RESTART] = "completed, failed or paused",
    };
    for (int verb = 0; verb < CONTROL_VERB_COUNT; verb++) {
        char text[CONTROL_VERB_SOURCES_SIZE];
        control_verb_print_sources((control_verb_t)verb, text);
        cr_expect_str_eq(text, texts[verb]);
    }
}
