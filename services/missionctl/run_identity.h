/*
 *  run_identity - which run a wrapped command is
 *
 *  What is not given comes from the run that missionctl itself was started in,
 *  if any: a run inside a run is its child and belongs to the same root. Its task
 *  is not inherited: without one of its own a run is its own task, so that its
 *  terminal, which is found by actor and task, is nobody else's.
 */
#ifndef MISSIONCTL_RUN_IDENTITY_H
#define MISSIONCTL_RUN_IDENTITY_H

#include "args.h"
#include "common/ids.h"
#include "proto/buffer.h"

typedef struct {
    char run_id[MC_UUID_TEXT_SIZE];
    char first_id[MC_UUID_TEXT_SIZE];    /* of the first attempt, where it is not this one */
    char previous_id[MC_UUID_TEXT_SIZE]; /* of the attempt before; empty: there was none */
    int attempt;                         /* counted from 1 */
    const char *parent_run_id;           /* this and the following: NULL when not known; lent */
    const char *root_task_id;            /* always known: the run itself when no other is */
    const char *task_id;                 /* likewise */
    int64_t tier;                        /* 0 when not known */
    const char *actor;
    const char *persona;
    const char *skill;
    const char *provider;
    const char *model_id;
} missionctl_run_identity_t;

/* From options, environment and the command. Returns 0, or -1 with the option that is wrong. */
MC_CHECKED int missionctl_run_identity(missionctl_run_identity_t *self,
                                       const missionctl_args_t *args);

/* Becomes the next attempt: another run, below the one before, on the same task. */
void missionctl_run_identity_next(missionctl_run_identity_t *self, const char *run_id);

/* Puts them into an event. */
void missionctl_run_identity_fill(const missionctl_run_identity_t *self, mc_agent_event_t *event);

/* What a wrapped command finds in its environment. */
typedef struct {
    const char *endpoint;  /* of ingest */
    const char *key;       /* for telemetry, NULL when none is known */
    const char *model_key; /* for calls of models; NULL leaves what is there */
    const char *router;    /* base URL of the model router, NULL when there is none */
} missionctl_run_environment_t;

/* Sets the variables, in our own environment, which the command inherits. */
void missionctl_run_environment_set(const missionctl_run_identity_t *identity,
                                    const missionctl_run_environment_t *environment);

/* The value of OTEL_RESOURCE_ATTRIBUTES: what was there, which may be NULL, without names of ours,
 * and ours. */
void missionctl_run_attributes(const missionctl_run_identity_t *identity, const char *existing,
                               mc_buffer_t *out);

#endif
