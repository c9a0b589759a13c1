/*
 *  otlp_usage - tokens and cost of a span, cache counted once
 *
 *  Let I, R, W be input, cache read and cache write. Where R + W > I the
 *  producer counted the cache outside the input, so the input is I + R + W; so
 *  it is for producers that are known to (they say raw_cache_read). Else it is
 *  I, the cache included. Reasoning is a part of the output, never added.
 */
#ifndef INGEST_OTLP_USAGE_H
#define INGEST_OTLP_USAGE_H

#include "proto/proto.h"
#include "services/ingest/otlp_names.h"

/* Sets tokensIn, tokensOut and costUsd of the event where the facts have them. True when any. */
bool ingest_otlp_usage(const ingest_otlp_facts_t *facts, mc_agent_event_t *event);

#endif
