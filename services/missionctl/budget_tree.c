/*
 *  budget_tree - budgets with bars: those above everybody, then the tasks of a tree, each with its
 * own
 */
#include "budget_tree.h"

#include "proto/utf8.h"

#define BAR_CELLS 20
#define INDENT 2
#define OBJECTIVE_BYTES_MAX 50

typedef struct {
    mc_buffer_t *out;
    mc_list_t budgets;
    mc_list_t tasks;
} tree_t;

static void
write_amount(mc_buffer_t *out, double amount)
{
    mc_buffer_printf(out, "%.10g", amount);
}

void
missionctl_budget_bar(mc_buffer_t *out, const mc_budget_t *budget)
{
    bool is_none = budget->limit <= 0;
    double share = is_none ? 1 : budget->spent / budget->limit;
    int cells = share >= 1 ? BAR_CELLS : (int)(share * BAR_CELLS);
    mc_buffer_byte(out, '[');
    for (int i = 0; i < BAR_CELLS; i++)
        mc_buffer_byte(out, i < cells ? '#' : '.');
    mc_buffer_printf(out, "] %3.0f %%  ", is_none ? 100 : (double)(int64_t)(share * 100));
    write_amount(out, budget->spent);
    mc_buffer_string(out, " of ");
    write_amount(out, budget->limit);
    mc_buffer_printf(out, " %.*s", MC_FMT(budget->unit));
    if (!mc_text_is(budget->period, "total"))
        mc_buffer_printf(out, " a %.*s", MC_FMT(budget->period));
    if (budget->reserved > 0) {
        mc_buffer_string(out, ", reserved ");
        write_amount(out, budget->reserved);
    }
    if (budget->lost > 0) {
        mc_buffer_string(out, ", lost ");
        write_amount(out, budget->lost);
    }
}

static void
write_bar_line(mc_buffer_t *out, int depth, const mc_budget_t *budget)
{
    mc_buffer_printf(out, "%*s", INDENT * (depth + 1), "");
    missionctl_budget_bar(out, budget);
    mc_buffer_byte(out, '\n');
}

/* --- what is above everybody --- */

static bool
is_same(mc_text_t one, mc_text_t other)
{
    return one.size == other.size && (one.size == 0 || !memcmp(one.data, other.data, one.size));
}

static void
write_kind(const tree_t *tree, const char *scope_type)
{
    const mc_budget_t *budgets = tree->budgets.items;
    mc_text_t last = {0};
    bool has_title = false;
    for (size_t i = 0; i < tree->budgets.count; i++) {
        const mc_budget_t *budget = &budgets[i];
        if (!mc_text_is(budget->scope_type, scope_type))
            continue;
        if (!has_title || !is_same(last, budget->scope_id))
            mc_buffer_printf(tree->out, "%s%s%.*s\n", scope_type, budget->scope_id.size ? " " : "",
                             MC_FMT(budget->scope_id));
        has_title = true;
        last = budget->scope_id;
        write_bar_line(tree->out, 0, budget);
    }
}

/* --- tasks --- */

static bool
is_of_task(const mc_budget_t *budget, mc_text_t id)
{
    return mc_text_is(budget->scope_type, "task") && is_same(budget->scope_id, id);
}

/* "task:ID" among the budgets is the tokenBudget of the task. */
static bool
is_own(const mc_budget_t *budget)
{
    return budget->id.size > 5 && !memcmp(budget->id.data, "task:", 5);
}

static bool
has_budget(const tree_t *tree, const mc_task_t *task)
{
    const mc_budget_t *budgets = tree->budgets.items;
    for (size_t i = 0; i < tree->budgets.count; i++)
        if (is_of_task(&budgets[i], task->id))
            return true;
    return task->token_budget > 0;
}

static bool
is_shown(const tree_t *tree, const mc_task_t *task)
{
    const mc_task_t *tasks = tree->tasks.items;
    if (has_budget(tree, task))
        return true;
    for (size_t i = 0; i < tree->tasks.count; i++)
        if (is_same(tasks[i].parent_id, task->id) && is_shown(tree, &tasks[i]))
            return true;
    return false;
}

static void
write_bars(const tree_t *tree, int depth, const mc_task_t *task)
{
    const mc_budget_t *budgets = tree->budgets.items;
    bool has_own = false;
    for (size_t i = 0; i < tree->budgets.count; i++) {
        if (!is_of_task(&budgets[i], task->id))
            continue;
        has_own = has_own || is_own(&budgets[i]);
        write_bar_line(tree->out, depth, &budgets[i]);
    }
    mc_budget_t own = {.unit = MC_TEXT("tokens"),
                       .period = MC_TEXT("total"),
                       .limit = (double)task->token_budget,
                       .spent = (double)task->token_usage};
    if (!has_own && task->token_budget > 0)
        write_bar_line(tree->out, depth, &own);
}

/* The parent of a task is never below it here: a walk begins at those without one. */
static void
write_task(const tree_t *tree, int depth, const mc_task_t *task)
{
    const mc_task_t *tasks = tree->tasks.items;
    if (!is_shown(tree, task))
        return;
    mc_text_t objective = mc_utf8_cut(task->objective, OBJECTIVE_BYTES_MAX);
    mc_buffer_printf(tree->out, "%*stask %.*s", INDENT * depth, "", MC_FMT(task->id));
    mc_buffer_printf(tree->out, "%s%.*s\n", objective.size ? "  " : "", MC_FMT(objective));
    write_bars(tree, depth, task);
    for (size_t i = 0; i < tree->tasks.count; i++)
        if (is_same(tasks[i].parent_id, task->id))
            write_task(tree, depth + 1, &tasks[i]);
}

static bool
is_there(const tree_t *tree, mc_text_t id)
{
    const mc_task_t *tasks = tree->tasks.items;
    for (size_t i = 0; i < tree->tasks.count; i++)
        if (is_same(tasks[i].id, id))
            return true;
    return false;
}

void
missionctl_budget_tree(mc_buffer_t *out, mc_list_t budgets, mc_list_t tasks)
{
    static const char *const kinds[] = {"install", "key", "agent", "tree"};
    const tree_t tree = {out, budgets, tasks};
    const mc_task_t *task = tasks.items;
    for (size_t i = 0; i < MC_COUNT(kinds); i++)
        write_kind(&tree, kinds[i]);
    for (size_t i = 0; i < tasks.count; i++)
        if (!task[i].parent_id.size || !is_there(&tree, task[i].parent_id))
            write_task(&tree, 0, &task[i]);
    const mc_budget_t *budget = budgets.items;
    for (size_t i = 0; i < budgets.count; i++) {
        if (!mc_text_is(budget[i].scope_type, "task") || is_there(&tree, budget[i].scope_id))
            continue;
        mc_buffer_printf(out, "task %.*s\n", MC_FMT(budget[i].scope_id));
        write_bar_line(out, 0, &budget[i]);
    }
}
