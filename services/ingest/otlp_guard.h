/*
 *  otlp_guard - is this protobuf within bounds, before anything is built from it
 *
 *  protobuf-c recurses for each level and allocates for each message. This walk
 *  does neither: it follows the wire format along the descriptors and refuses
 *  broken lengths, too many levels and too many messages.
 */
#ifndef INGEST_OTLP_GUARD_H
#define INGEST_OTLP_GUARD_H

#include <protobuf-c/protobuf-c.h>

#include "proto/proto.h"

MC_CHECKED int ingest_otlp_guard(const ProtobufCMessageDescriptor *descriptor, mc_text_t body,
                                 mc_refusal_t *refusal);

#endif
