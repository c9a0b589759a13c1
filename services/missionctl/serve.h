/*
 *  serve - one service in the foreground, the way a container starts it
 *
 *  Where several of one kind share AOP_VAR_DIR, each needs a number of its own,
 *  and the one that comes back needs the number of one that went away, because
 *  the spool of acknowledged events is named after it. So the lowest number is
 *  taken that nobody holds. A lock holds it until the process ends, however it
 *  ends, also after it has become the service.
 */
#ifndef MISSIONCTL_SERVE_H
#define MISSIONCTL_SERVE_H

#include "place.h"

#define MISSIONCTL_INSTANCES_MAX 64 /* of one service that share a folder */

/* Takes the lowest free number of a service, from 1, for the life of this process. */
MC_CHECKED int missionctl_serve_claim(const missionctl_place_t *place, const char *service,
                                      int *ret_number);

#endif
