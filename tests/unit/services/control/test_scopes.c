/*
 *  test_scopes - the key of a scope, the words of a verb, and the words of a receipt
 */
#include <criterion/criterion.h>

#include "services/control/receipt_rows.h"
#include "services/control/scopes.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct {
    control_scope_t scope;
    const char *key;
} keys[] = {
    {{.kind = CONTROL_OF_TREE, .id = TEXT("r")}, "tree:r"},
    {{.kind = CONTROL_OF_TIER, .id = TEXT("r"), .tier = 2}, "tier:2:r"},
    {{.kind = CONTROL_OF_AGENT, .id = TEXT("r"), .agent = TEXT("a")}, "agent:a"},
    {{.kind = CONTROL_OF_SUBTREE, .id = TEXT("a")}, "agent:a"},
    {{.kind = CONTROL_OF_TASK, .id = TEXT("a")}, "task:a"},
    {{.kind = CONTROL_OF_FILTER, .id = TEXT("r")}, "filter:0:\"\":\"\":\"a:b\":\"\":\"\":r"},
};

Test(scopes, have_one_key_each)
{
    mc_scope_action_t action = {0};
    mc_set(&action, scope_action, persona, MC_TEXT("a:b"));
    for (size_t i = 0; i < MC_COUNT(keys); i++) {
        mc_buffer_t key = {0};
        control_scope_key(&keys[i].scope, &action, &key);
        cr_expect(mc_text_is(mc_buffer_content(&key), keys[i].key), "%s", keys[i].key);
        mc_buffer_clear(&key);
    }
}

Test(scopes, have_a_run_in_their_key_only_where_they_name_one)
{
    const control_scope_t scope = {.kind = CONTROL_OF_FILTER};
    mc_scope_action_t action = {0};
    mc_buffer_t key = {0};
    mc_set(&action, scope_action, run_id, MC_TEXT("run:1"));
    control_scope_key(&scope, &action, &key);
    cr_expect(mc_text_is(mc_buffer_content(&key), "filter:0:\"\":\"\":\"\":\"\":\"\":\"run:1\":"));
    mc_buffer_clear(&key);
}

static const struct {
    const char *mode, *on_expiry;
    control_verb_t verb;
    const char *field; /* that is refused; NULL: none is */
} modes[] = {
    {"", "", CONTROL_VERB_PAUSE, NULL},
    {"boundary", "", CONTROL_VERB_PAUSE, NULL},
    {"now", "resume", CONTROL_VERB_PAUSE, NULL},
    {"drain", "stop", CONTROL_VERB_PAUSE, NULL},
    {"quarantine", "", CONTROL_VERB_PAUSE, NULL},
    {"Now", "", CONTROL_VERB_PAUSE, "mode"},
    {"now", "", CONTROL_VERB_STOP, "mode"},
    {"now", "", CONTROL_VERB_RESUME, "mode"},
    {"", "restart", CONTROL_VERB_PAUSE, "onExpiry"},
};

Test(scopes, take_only_words_that_there_are)
{
    for (size_t i = 0; i < MC_COUNT(modes); i++) {
        mc_scope_action_t action = {0};
        mc_refusal_t refusal = {0};
        mc_set(&action, scope_action, mode, mc_text(modes[i].mode));
        mc_set(&action, scope_action, on_expiry, mc_text(modes[i].on_expiry));
        int result = control_scope_check_mode(&action, modes[i].verb, &refusal);
        cr_expect_eq(result, modes[i].field ? MC_REFUSED : 0, "row %zu", i);
        if (modes[i].field)
            cr_expect_str_eq(refusal.field, modes[i].field);
    }
}

static const struct {
    const char *verb;
    int64_t acknowledged, expected;
    const char *word;
} states[] = {
    {"pause", 0, 0, "unenforced"},  {"pause", 0, 1, "pausing"},   {"pause", 1, 2, "pausing"},
    {"pause", 2, 2, "paused"},      {"resume", 1, 2, "resuming"}, {"resume", 2, 2, "running"},
    {"stop", 0, 1, "stopping"},     {"stop", 1, 1, "stopped"},    {"restart", 0, 1, "restarting"},
    {"restart", 1, 1, "restarted"},
};

Test(receipts, say_paused_only_once_every_part_has)
{
    for (size_t i = 0; i < MC_COUNT(states); i++)
        cr_expect_str_eq(control_receipt_word(mc_text(states[i].verb), states[i].acknowledged,
                                              states[i].expected),
                         states[i].word);
}
