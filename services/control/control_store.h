/*
 *  control_store - every question that control asks of PostgreSQL
 *
 *  A change is one statement: it finds what may change, changes it, writes the
 *  row of the audit log and gives back what changed. So it happens whole or not
 *  at all, and two that meet do one after the other.
 */
#ifndef CONTROL_STORE_H
#define CONTROL_STORE_H

#include "common/cursor.h"
#include "services/control/control.h"
#include "services/control/task_verbs.h"

/* Who did it, for the audit log. */
typedef struct {
    mc_text_t actor;
    mc_text_t action;
    mc_text_t target;
    mc_text_t details; /* JSON, or empty */
} control_deed_t;

/* Creates a task. The one row has parent_tier (NULL: no such parent), parents_count, is_taken (the
 * id is in use) and the columns of the task, which are NULL when it was not made. */
void control_store_create_task(control_t *control, const mc_task_order_t *order,
                               const control_deed_t *deed, mc_store_answer_fn *answer,
                               mc_ask_t *ask);
enum {
    CONTROL_MADE_PARENT_TIER,
    CONTROL_MADE_PARENTS_COUNT,
    CONTROL_MADE_IS_TAKEN,
    CONTROL_MADE_ID
};

/* Tasks, newest first. statuses (count 0: any) and cursor (NULL: from the top) are of the query. */
typedef struct {
    const mc_task_query_t *query;
    const mc_text_t *statuses;
    size_t status_count;
    const mc_cursor_t *cursor;
} control_task_list_t;
void control_store_list_tasks(control_t *control, const control_task_list_t *list,
                              mc_store_answer_fn *answer, mc_ask_t *ask);

/* Sets a status: the task, or no row. The deed's details are made here. */
void control_store_set_status(control_t *control, const mc_task_status_change_t *change,
                              const control_deed_t *deed, mc_store_answer_fn *answer,
                              mc_ask_t *ask);

/* What a verb is done to. */
typedef struct {
    enum {
        CONTROL_OF_TASK,
        CONTROL_OF_SUBTREE,
        CONTROL_OF_TREE,
        CONTROL_OF_TIER,
        CONTROL_OF_AGENT,
        CONTROL_OF_FILTER
    } kind;
    mc_text_t id;    /* the task, or the root of the tree; empty for a filter on all trees */
    int64_t tier;    /* of a tier */
    mc_text_t agent; /* of an agent */
} control_scope_t;

/* A verb on its way to the store. */
typedef struct {
    mc_arena_t *arena;
    control_verb_t verb;
    control_scope_t scope;
    control_deed_t deed;
    mc_text_t reason;
    mc_text_t order;       /* what is asked as JSON; see control_store_verbs.c */
    const mc_text_t *runs; /* of parts in the scope */
    size_t run_count;
    mc_uuid_t receipt_id;
    bool is_forced;     /* holds what has no tasks too */
    bool wants_receipt; /* as the answer, in the place of the tasks */
} control_deed_plan_t;

/* Does the verb to those of the scope that are in a state for it, makes or lifts its hold and
 * writes the receipt. Rows: tree_count (tasks of the tree, or of the task), scope_count (those in
 * the scope), is_stopped (it takes a restart first), new_epoch (NULL: nothing changed) and the
 * columns of a task that changed; one row of NULLs behind those when none did. */
void control_store_do_verb(control_t *control, const control_deed_plan_t *plan,
                           mc_store_answer_fn *answer, void *arg);
enum {
    CONTROL_DONE_TREE_COUNT,
    CONTROL_DONE_SCOPE_COUNT,
    CONTROL_DONE_IS_STOPPED,
    CONTROL_DONE_EPOCH,
    CONTROL_DONE_ID
};

/* $1..$4: the row of the audit log. */
void control_store_add_deed(mc_store_params_t *params, const control_deed_t *deed);

void control_store_list_audit(control_t *control, const mc_audit_query_t *query,
                              mc_store_answer_fn *answer, mc_ask_t *ask);
void control_store_list_activity(control_t *control, const mc_activity_query_t *query,
                                 mc_store_answer_fn *answer, mc_ask_t *ask);

/* Rows of older emitters above the cursor but not among the ids: audit entries with is_task (their
 * target is one), the two ends of the transactions that are under way: all below oldest_xid are
 * over, none has next_xid yet; and the highest id of any row. NULLs behind those three in one row
 * when there are no such entries. */
typedef struct {
    int64_t above_id;
    const int64_t *done_ids;
    size_t done_count;
    int64_t limit;
    mc_arena_t *arena;
} control_emitted_t;
void control_store_read_emitted(control_t *control, const control_emitted_t *wanted,
                                mc_store_answer_fn *answer, void *arg);
enum {
    CONTROL_EMITTED_OLDEST_XID,
    CONTROL_EMITTED_NEXT_XID,
    CONTROL_EMITTED_HIGHEST_ID,
    CONTROL_EMITTED_IS_TASK,
    CONTROL_EMITTED_ID
};

/* The cursor itself: one row with last_id. Moving never goes back. */
void control_store_read_cursor(control_t *control, mc_store_answer_fn *answer, void *arg);
void control_store_move_cursor(control_t *control, int64_t last_id, mc_arena_t *arena,
                               mc_store_answer_fn *answer, void *arg);

#endif
