/*
 *  event_line - an event as one line for a person
 *
 *      12:03:04.123 T2 tier2_lead  llm.call  completed  openai/gpt-5-nano 120>30 $0.0004 340ms text
 */
#ifndef MISSIONCTL_EVENT_LINE_H
#define MISSIONCTL_EVENT_LINE_H

#include "proto/buffer.h"
#include "proto/proto.h"

/* Appends the line with its newline. Control characters of the message become spaces. */
void missionctl_event_line(const mc_agent_event_t *event, bool has_colours, mc_buffer_t *out);

#endif
