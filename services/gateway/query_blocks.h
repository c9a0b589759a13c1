/*
 *  query_blocks - questions about the blocks of ids that can have what is searched
 *
 *  See common/event_blocks.h: a block that is not among the answers has no event
 *  that passes the filters; one that is may have.
 */
#ifndef GATEWAY_QUERY_BLOCKS_H
#define GATEWAY_QUERY_BLOCKS_H

#include "query_events.h"

/* True when the query has a filter that blocks can be told apart by. */
bool gateway_query_has_blocks(const mc_event_query_t *query);

/* Writes the question for the blocks of a window, in its order; its limit counts blocks. */
void gateway_query_blocks(gateway_question_t *question, const mc_event_query_t *query,
                          gateway_window_t window);

#endif
