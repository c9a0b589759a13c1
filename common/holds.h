/*
 *  holds - which hold of a set covers a call or a run, and what follows from it
 *
 *  Pure: a set is copied in and asked. Who belongs to an agent's scope, its task
 *  and everything below, comes with the hold, and so do runs that are in it by
 *  their parents or by what they spend; control fills these in as they are born.
 *
 *      scope    covers
 *      tree     everything of the root
 *      tier     what has that tier under the root
 *      agent    the task, the tasks below it, runs on them and runs started by those
 *      task     what works on that very task
 *      filter   what equals every word that the filter has; under the root, if it names one
 *
 *  drain covers only runs that were not there when it was made, and a fence only
 *  runs that were there before the restart.
 */
#ifndef MC_COMMON_HOLDS_H
#define MC_COMMON_HOLDS_H

#include "proto/arena.h"
#include "proto/proto.h"

/* Whose call, or which run; what is not known is empty, or 0. All lent. */
typedef struct {
    mc_text_t root_task_id;
    mc_text_t task_id;
    mc_text_t run_id;
    mc_text_t parent_run_id;
    mc_text_t actor;
    mc_text_t persona;
    mc_text_t skill;
    mc_text_t provider;
    mc_text_t model_id;
    mc_text_t mcp_server;
    int64_t tier;
} mc_identity_t;

/* What is to be done with it, the weakest first. */
typedef enum {
    MC_HOLDS_RUN,        /* nothing covers it */
    MC_HOLDS_DRAIN,      /* paused: it is new, and no new ones are let in */
    MC_HOLDS_QUARANTINE, /* it lives, but reaches no model and no tool */
    MC_HOLDS_PAUSE,      /* paused at its next boundary */
    MC_HOLDS_FREEZE,     /* paused now: what is under way is cut */
    MC_HOLDS_STOP,
    MC_HOLDS_RESTART, /* it is of before a restart: a new run stands in its place */
} mc_holds_verdict_t;

typedef struct mc_holds mc_holds_t;

/* A copy of the set. NULL makes an empty one of epoch 0. */
mc_holds_t *mc_holds_new(const mc_hold_set_t *set);
void mc_holds_destroy(mc_holds_t **address);

int64_t mc_holds_epoch(const mc_holds_t *self);

/* The holds, lent as long as the set lives. */
mc_list_t mc_holds_list(const mc_holds_t *self);

/* Does the hold of that place in the list cover it? */
bool mc_holds_cover(const mc_holds_t *self, size_t index, const mc_identity_t *identity);

/* The strongest verdict of all holds that cover it; *ret_hold, which may be NULL, becomes the hold
 * it comes from, or NULL for RUN. */
mc_holds_verdict_t mc_holds_judge(const mc_holds_t *self, const mc_identity_t *identity,
                                  const mc_hold_t **ret_hold);

/* The verdict that a hold gives to what it covers. */
mc_holds_verdict_t mc_holds_verdict_of(const mc_hold_t *hold);

/* run, pause, stop or restart: the verdict as supervisors and agents are told of it. */
const char *mc_holds_verdict_word(mc_holds_verdict_t verdict);

#endif
