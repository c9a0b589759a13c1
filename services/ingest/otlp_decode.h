/*
 *  otlp_decode - a body of OTLP, protobuf or JSON, as protobuf-c structs in an arena
 *
 *  Both forms give the same structs, so what comes behind knows only one. The
 *  structs are walked by their descriptors; nothing is written per message.
 */
#ifndef INGEST_OTLP_DECODE_H
#define INGEST_OTLP_DECODE_H

#include <protobuf-c/protobuf-c.h>

#include "common/json.h"
#include "proto/arena.h"
#include "proto/proto.h"

#define INGEST_OTLP_DEPTH_MAX 64
#define INGEST_OTLP_ITEMS_MAX 2000000 /* messages in one body: bounds the memory of a decode */

/* Reads protobuf: 0, or MC_REFUSED with bad_encoding or too_deep. Texts are lent from the arena. */
MC_CHECKED int ingest_otlp_decode_protobuf(const ProtobufCMessageDescriptor *descriptor,
                                           mc_text_t body, mc_arena_t *arena,
                                           ProtobufCMessage **ret_message, mc_refusal_t *refusal);

/* Reads JSON as OTLP writes it: ids in hex, enums as integers, 64-bit integers as strings or
 * numbers, lowerCamelCase names; unknown fields are ignored. */
MC_CHECKED int ingest_otlp_decode_json(const ProtobufCMessageDescriptor *descriptor,
                                       mc_json_parser_t *parser, mc_text_t body, mc_arena_t *arena,
                                       ProtobufCMessage **ret_message, mc_refusal_t *refusal);

/* Writes a message in either form. */
void ingest_otlp_encode_protobuf(const ProtobufCMessage *message, mc_buffer_t *out);

#endif
