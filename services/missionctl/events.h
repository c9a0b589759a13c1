/*
 *  events - printing events from lists and from the live stream
 */
#ifndef MISSIONCTL_EVENTS_H
#define MISSIONCTL_EVENTS_H

#include "api.h"

typedef struct {
    mc_arena_t *arena;
    bool is_json;
    bool has_colours;
    int64_t last_id; /* highest that was printed */
} missionctl_event_printer_t;

/* Prints one AgentEventRecord as a line, or as JSON. */
void missionctl_event_print(missionctl_event_printer_t *self, mc_json_t event);

/* Prints the live stream until standard output is closed or the gateway refuses it. */
MC_CHECKED int missionctl_events_follow(missionctl_api_t *api, const mc_event_query_t *query,
                                        missionctl_event_printer_t *printer);

#endif
