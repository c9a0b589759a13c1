/*
 *  test_budget_tree - budgets as a person sees them in a terminal
 */
#include <criterion/criterion.h>

#include "services/missionctl/budget_tree.h"

static const char *
text_of(mc_buffer_t *out)
{
    mc_buffer_byte(out, '\0');
    return out->data ? out->data : "";
}

Test(budget_tree, a_bar_says_how_full_and_of_what)
{
    static const struct {
        mc_budget_t budget;
        const char *line;
    } rows[] = {
        {{.unit = MC_TEXT("tokens"), .period = MC_TEXT("total"), .limit = 1000, .spent = 500},
         "[##########..........]  50 %  500 of 1000 tokens"},
        {{.unit = MC_TEXT("usd"), .period = MC_TEXT("day"), .limit = 2.5, .spent = 0.025},
         "[....................]   1 %  0.025 of 2.5 usd a day"},
        {{.unit = MC_TEXT("requests"), .period = MC_TEXT("month"), .limit = 3, .spent = 2},
         "[#############.......]  66 %  2 of 3 requests a month"},
        {{.unit = MC_TEXT("tokens"), .period = MC_TEXT("total"), .limit = 100, .spent = 150},
         "[####################] 150 %  150 of 100 tokens"},
        {{.unit = MC_TEXT("tokens"), .period = MC_TEXT("total"), .limit = 0},
         "[####################] 100 %  0 of 0 tokens"},
        {{.unit = MC_TEXT("seconds"),
          .period = MC_TEXT("total"),
          .limit = 10,
          .spent = 4,
          .reserved = 1.5,
          .lost = 2},
         "[########............]  40 %  4 of 10 seconds, reserved 1.5, lost 2"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_t out = {0};
        missionctl_budget_bar(&out, &rows[i].budget);
        cr_expect_str_eq(text_of(&out), rows[i].line);
        mc_buffer_clear(&out);
    }
}

#define TOKENS(of, most, used)                                                                     \
    {                                                                                              \
        .id = MC_TEXT("task:" of), .scope_type = MC_TEXT("task"), .scope_id = MC_TEXT(of),         \
        .unit = MC_TEXT("tokens"), .period = MC_TEXT("total"), .limit = (most), .spent = (used)    \
    }

Test(budget_tree, has_what_is_above_all_and_each_task_below_its_parent)
{
    static const mc_budget_t budgets[] = {
        TOKENS("r", 1000, 100),
        {.id = MC_TEXT("1"),
         .scope_type = MC_TEXT("tree"),
         .scope_id = MC_TEXT("r"),
         .unit = MC_TEXT("usd"),
         .period = MC_TEXT("total"),
         .limit = 4,
         .spent = 1},
        {.id = MC_TEXT("2"),
         .scope_type = MC_TEXT("install"),
         .unit = MC_TEXT("usd"),
         .period = MC_TEXT("day"),
         .limit = 20},
        {.id = MC_TEXT("3"),
         .scope_type = MC_TEXT("task"),
         .scope_id = MC_TEXT("b"),
         .unit = MC_TEXT("concurrency"),
         .period = MC_TEXT("total"),
         .limit = 2},
        TOKENS("elsewhere", 10, 10),
    };
    static const mc_task_t tasks[] = {
        {.id = MC_TEXT("b"), .parent_id = MC_TEXT("a"), .token_budget = 50, .token_usage = 25},
        {.id = MC_TEXT("a"), .parent_id = MC_TEXT("r"), .objective = MC_TEXT("Lead")},
        {.id = MC_TEXT("idle"), .parent_id = MC_TEXT("r")},
        {.id = MC_TEXT("r"), .objective = MC_TEXT("All"), .token_budget = 1000},
        {.id = MC_TEXT("x"), .parent_id = MC_TEXT("y"), .token_budget = 1},
        {.id = MC_TEXT("y"), .parent_id = MC_TEXT("x"), .token_budget = 1},
    };
    mc_buffer_t out = {0};
    missionctl_budget_tree(&out, (mc_list_t){budgets, MC_COUNT(budgets)},
                           (mc_list_t){tasks, MC_COUNT(tasks)});
    cr_expect_str_eq(text_of(&out), "install\n"
                                    "  [....................]   0 %  0 of 20 usd a day\n"
                                    "tree r\n"
                                    "  [#####...............]  25 %  1 of 4 usd\n"
                                    "task r  All\n"
                                    "  [##..................]  10 %  100 of 1000 tokens\n"
                                    "  task a  Lead\n"
                                    "    task b\n"
                                    "      [....................]   0 %  0 of 2 concurrency\n"
                                    "      [##########..........]  50 %  25 of 50 tokens\n"
                                    "task elsewhere\n"
                                    "  [####################] 100 %  10 of 10 tokens\n");
    mc_buffer_clear(&out);
}
