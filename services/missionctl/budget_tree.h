/*
 *  budget_tree - budgets with bars: those above everybody, then the tasks of a tree, each with its
 * own
 */
#ifndef MISSIONCTL_BUDGET_TREE_H
#define MISSIONCTL_BUDGET_TREE_H

#include "args.h"
#include "proto/buffer.h"
#include "table.h"

/* Appends lines. The tokenBudget of a task counts also where it is not among the budgets; a task
 * without a budget is left out, unless one below it has some. */
void missionctl_budget_tree(mc_buffer_t *out, mc_list_t budgets, mc_list_t tasks);

/* "[##########..........]  50 %  500 of 1000 tokens". */
void missionctl_budget_bar(mc_buffer_t *out, const mc_budget_t *budget);

extern const missionctl_column_t missionctl_budget_columns[];
missionctl_command_fn missionctl_budget_show;

#endif
