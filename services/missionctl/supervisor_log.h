/*
 *  supervisor_log - what the supervisor says, on standard error
 */
#ifndef MISSIONCTL_SUPERVISOR_LOG_H
#define MISSIONCTL_SUPERVISOR_LOG_H

#include "common/log.h"
#include "place.h"

#define SUPERVISOR_LOGS(LOG)                                                                       \
    LOG(started, INFO, "A part was started")                                                       \
    LOG(finished, INFO, "A part has done what it was to do, or stopped as it was asked to")        \
    LOG(ended, WARNING, "A part ended by itself; it is started again after a pause")               \
    LOG(killed, WARNING, "A part did not end when it was asked to")                                \
    LOG(state_not_written, ERROR, "var/run/state.json could not be written, ignored")

#define SUPERVISOR_LOG(...) MC_LOG_DECLARE(supervisor_log, __VA_ARGS__)
SUPERVISOR_LOGS(SUPERVISOR_LOG)

/* Where standard error is a file that has grown to its maximum, goes on in a new one. */
void missionctl_supervisor_log_bound(const missionctl_place_t *place);

#endif
