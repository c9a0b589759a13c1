/*
 *  snapshot - what is running now, what happened last and how the models do
 */
#ifndef GATEWAY_SNAPSHOT_H
#define GATEWAY_SNAPSHOT_H

#include "ask.h"

/* Answers get_mission_control_snapshot: three questions at the same time. */
void gateway_snapshot_get(gateway_ask_t *ask);

#endif
