/*
 *  budget_columns - pieces of SQL that several questions share
 */
#ifndef BUDGET_COLUMNS_H
#define BUDGET_COLUMNS_H

/* When the period of a budget b that is in force now began, by UTC. */
#define PERIOD_START(b)                                                                            \
    "CASE " b ".period WHEN 'total' THEN " b ".period_start ELSE"                                  \
    " date_trunc(" b ".period, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' END"
#define IS_OVER(b) "(" PERIOD_START(b) " > " b ".period_start)"
#define SPENT(b) "CASE WHEN " IS_OVER(b) " THEN 0 ELSE " b ".spent END"

/* The highest of 50, 80 and 100 percent of most that spent has reached. */
#define STEP(spent, most)                                                                          \
    "CASE WHEN " most " IS NULL THEN 0 WHEN " spent " >= " most " THEN 100"                        \
    " WHEN " spent "::numeric * 100 >= " most "::numeric * 80 THEN 80"                             \
    " WHEN " spent "::numeric * 100 >= " most "::numeric * 50 THEN 50 ELSE 0 END"

/* The id of a task's own token budget. */
#define TASK_BUDGET_ID(id) "'task:' || " id

#endif
