/*
 *  test_holds - which hold covers whom, and which of several counts
 */
#include <criterion/criterion.h>

#include "common/bus.h"
#include "common/holds.h"

typedef struct {
    const char *scope_type, *root, *agent, *kind, *mode;
    int64_t tier;
    const char *persona, *provider, *run, *task_member, *run_member, *old_run;
    bool has_spend;
} row_t;

static mc_hold_member_t members[3];

static mc_hold_t
make_hold(const row_t *row)
{
    mc_hold_t hold = {0};
    mc_set(&hold, hold, id, ((mc_uuid_t){{1}}));
    mc_set(&hold, hold, epoch, 7);
    mc_set(&hold, hold, scope_type, mc_text(row->scope_type));
    mc_set(&hold, hold, kind, mc_text(row->kind ? row->kind : "pause"));
    mc_set(&hold, hold, mode, mc_text(row->mode ? row->mode : "boundary"));
    mc_set(&hold, hold, root_task_id, mc_text(row->root));
    mc_set(&hold, hold, agent_task_id, mc_text(row->agent));
    mc_set(&hold, hold, persona, mc_text(row->persona));
    mc_set(&hold, hold, provider, mc_text(row->provider));
    mc_set(&hold, hold, run_id, mc_text(row->run));
    if (row->tier)
        mc_set(&hold, hold, tier, row->tier);
    if (row->has_spend)
        mc_set(&hold, hold, spend_usd_per_minute, MC_NANOUSD);
    const char *const ids[] = {row->task_member, row->run_member, row->old_run};
    for (size_t i = 0; i < 3; i++)
        mc_set(&members[i], hold_member, id, mc_text(ids[i]));
    if (row->task_member)
        mc_set(&hold, hold, task_ids, mc_list_one(&members[0]));
    if (row->run_member)
        mc_set(&hold, hold, run_ids, mc_list_one(&members[1]));
    if (row->old_run)
        mc_set(&hold, hold, old_run_ids, mc_list_one(&members[2]));
    return hold;
}

static mc_holds_t *
make_set(const row_t *rows, size_t count)
{
    static mc_hold_t holds[8];
    mc_hold_set_t set = {0};
    for (size_t i = 0; i < count; i++)
        holds[i] = make_hold(&rows[i]);
    mc_set(&set, hold_set, epoch, 7);
    mc_set(&set, hold_set, holds, ((mc_list_t){holds, count}));
    return mc_holds_new(&set);
}

typedef struct {
    const char *what;
    row_t hold;
    mc_identity_t identity;
    bool is_covered;
} case_t;

#define TREE .scope_type = "tree", .root = "r"
#define AGENT .scope_type = "agent", .root = "r", .agent = "a"
#define IN_R .root_task_id = {"r", 1}
#define TASK(name) .task_id = {name, sizeof(name) - 1}
#define RUN(name) .run_id = {name, sizeof(name) - 1}

static const case_t cases[] = {
    {"a tree covers its calls", {TREE}, {IN_R}, true},
    {"and no other tree's", {TREE}, {.root_task_id = {"s", 1}}, false},
    {"who does not say of which tree it is, is of none", {TREE}, {TASK("a")}, false},
    {"a tier covers its tier",
     {.scope_type = "tier", .root = "r", .tier = 2},
     {IN_R, .tier = 2},
     true},
    {"and no other", {.scope_type = "tier", .root = "r", .tier = 2}, {IN_R, .tier = 3}, false},
    {"nor one that is not known", {.scope_type = "tier", .root = "r", .tier = 2}, {IN_R}, false},
    {"an agent covers its task", {AGENT}, {IN_R, TASK("a")}, true},
    {"and a task born below", {AGENT, .task_member = "c"}, {IN_R, TASK("c")}, true},
    {"and not its brother", {AGENT, .task_member = "c"}, {IN_R, TASK("b")}, false},
    {"nor its parent", {AGENT, .task_member = "c"}, {IN_R, TASK("r")}, false},
    {"a run that is on it", {AGENT, .run_member = "x"}, {IN_R, RUN("x")}, true},
    {"a run that such a run started",
     {AGENT, .run_member = "x"},
     {IN_R, RUN("y"), .parent_run_id = {"x", 1}},
     true},
    {"not the same names in another tree",
     {AGENT, .run_member = "x"},
     {.root_task_id = {"s", 1}, RUN("x")},
     false},
    {"a task alone covers itself",
     {.scope_type = "task", .root = "r", .agent = "a"},
     {IN_R, TASK("a")},
     true},
    {"and not what is below",
     {.scope_type = "task", .root = "r", .agent = "a"},
     {IN_R, TASK("c")},
     false},
    {"a filter covers what fits every word",
     {.scope_type = "filter", .persona = "p", .provider = "q"},
     {.persona = {"p", 1}, .provider = {"q", 1}},
     true},
    {"and not what fits one of them",
     {.scope_type = "filter", .persona = "p", .provider = "q"},
     {.persona = {"p", 1}},
     false},
    {"a filter in one tree stays there",
     {.scope_type = "filter", .root = "r", .persona = "p"},
     {.root_task_id = {"s", 1}, .persona = {"p", 1}},
     false},
    {"a filter without a word covers nothing", {.scope_type = "filter"}, {IN_R}, false},
    {"spending covers who was found to",
     {.scope_type = "filter", .has_spend = true, .run_member = "x"},
     {RUN("x")},
     true},
    {"and nobody else",
     {.scope_type = "filter", .has_spend = true, .run_member = "x"},
     {RUN("y")},
     false},
    {"drain lets go on who was there",
     {TREE, .mode = "drain", .old_run = "x"},
     {IN_R, RUN("x")},
     false},
    {"and holds who is new", {TREE, .mode = "drain", .old_run = "x"}, {IN_R, RUN("y")}, true},
    {"a fence covers runs of before",
     {TREE, .kind = "fence", .old_run = "x"},
     {IN_R, RUN("x")},
     true},
    {"and lets new ones pass", {TREE, .kind = "fence", .old_run = "x"}, {IN_R, RUN("y")}, false},
    {"a filter covers the run that it names",
     {.scope_type = "filter", .run = "x"},
     {RUN("x")},
     true},
    {"and no other run", {.scope_type = "filter", .run = "x"}, {IN_R, RUN("y")}, false},
    {"also where that does not say its root",
     {.scope_type = "filter", .root = "r", .run = "x"},
     {RUN("x")},
     true},
    {"but not under another root",
     {.scope_type = "filter", .root = "r", .run = "x"},
     {.root_task_id = {"s", 1}, RUN("x")},
     false},
    {"a run that is named must have the other words too",
     {.scope_type = "filter", .run = "x", .persona = "p"},
     {RUN("x")},
     false},
    {"an unknown kind of scope covers nothing",
     {.scope_type = "forest", .root = "r"},
     {IN_R},
     false},
};

Test(holds, cover_what_is_in_their_scope)
{
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_holds_t *holds = make_set(&cases[i].hold, 1);
        cr_expect_eq(mc_holds_cover(holds, 0, &cases[i].identity), cases[i].is_covered, "%s",
                     cases[i].what);
        mc_holds_destroy(&holds);
    }
}

static const struct {
    const char *what;
    row_t holds[3];
    size_t count;
    mc_holds_verdict_t verdict;
    const char *word;
} verdicts[] = {
    {"nothing in force", {{0}}, 0, MC_HOLDS_RUN, "run"},
    {"a pause", {{TREE}}, 1, MC_HOLDS_PAUSE, "pause"},
    {"now is more than boundary", {{TREE}, {AGENT, .mode = "now"}}, 2, MC_HOLDS_FREEZE, "pause"},
    {"in any order", {{AGENT, .mode = "now"}, {TREE}}, 2, MC_HOLDS_FREEZE, "pause"},
    {"a stop is more than a pause", {{TREE}, {AGENT, .kind = "stop"}}, 2, MC_HOLDS_STOP, "stop"},
    {"a fence is more than a stop",
     {{TREE, .kind = "stop"}, {TREE, .kind = "fence", .old_run = "x"}},
     2,
     MC_HOLDS_RESTART,
     "restart"},
    {"quarantine waits behind a pause",
     {{TREE, .mode = "quarantine"}, {AGENT}},
     2,
     MC_HOLDS_PAUSE,
     "pause"},
    {"quarantine alone", {{TREE, .mode = "quarantine"}}, 1, MC_HOLDS_QUARANTINE, "pause"},
    {"drain is the least", {{TREE, .mode = "drain"}}, 1, MC_HOLDS_DRAIN, "pause"},
};

Test(holds, give_the_strongest_verdict_of_nested_ones)
{
    const mc_identity_t identity = {IN_R, TASK("a"), RUN("x")};
    for (size_t i = 0; i < MC_COUNT(verdicts); i++) {
        mc_holds_t *holds = make_set(verdicts[i].holds, verdicts[i].count);
        const mc_hold_t *hold;
        mc_holds_verdict_t verdict = mc_holds_judge(holds, &identity, &hold);
        cr_expect_eq(verdict, verdicts[i].verdict, "%s", verdicts[i].what);
        cr_expect_str_eq(mc_holds_verdict_word(verdict), verdicts[i].word);
        cr_expect_eq(hold == NULL, verdict == MC_HOLDS_RUN);
        mc_holds_destroy(&holds);
    }
}

Test(holds, of_no_set_are_none)
{
    const mc_identity_t identity = {IN_R};
    mc_holds_t *holds = mc_holds_new(NULL);
    cr_expect_eq(mc_holds_epoch(holds), 0);
    cr_expect_eq(mc_holds_judge(holds, &identity, NULL), MC_HOLDS_RUN);
    mc_holds_destroy(&holds);
    mc_holds_destroy(&holds);
}
