/*
 *  otlp_guard - is this protobuf within bounds, before anything is built from it
 */
#include "services/ingest/otlp_guard.h"

#include "services/ingest/otlp_decode.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef struct {
    size_t messages;
    int depth;
    mc_refusal_t *refusal;
} walk_t;

/* Reads a varint and moves the text on; false when it is cut or over 64 bits. */
static bool
read_varint(mc_text_t *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && text->size; shift += 7) {
        uint8_t byte = (uint8_t)*text->data++;
        text->size--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static int
refuse_wire(const walk_t *walk, const ProtobufCMessageDescriptor *descriptor, const char *what)
{
    return mc_refuse(walk->refusal, MC_BAD_ENCODING_ERROR, "body",
                     "the body is not OTLP protobuf: %s in %s", what, descriptor->short_name);
}

static int walk_message(walk_t *walk, const ProtobufCMessageDescriptor *descriptor, mc_text_t text);

/* The message that a length-delimited field holds, or NULL. */
static const ProtobufCMessageDescriptor *
message_of(const ProtobufCMessageDescriptor *descriptor, uint64_t tag)
{
    const ProtobufCFieldDescriptor *field =
        tag < UINT32_MAX ? protobuf_c_message_descriptor_get_field(descriptor, (unsigned)tag)
                         : NULL;
    return field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

static int
walk_bytes(walk_t *walk, const ProtobufCMessageDescriptor *descriptor, uint64_t tag,
           mc_text_t *text)
{
    uint64_t size;
    if (!read_varint(text, &size) || size > text->size)
        return refuse_wire(walk, descriptor, "a length that passes the end");
    mc_text_t inside = {text->data, (size_t)size};
    text->data += size;
    text->size -= (size_t)size;
    const ProtobufCMessageDescriptor *child = message_of(descriptor, tag);
    return child ? walk_message(walk, child, inside) : 0;
}

static int
skip_fixed(walk_t *walk, const ProtobufCMessageDescriptor *descriptor, size_t size, mc_text_t *text)
{
    if (text->size < size)
        return refuse_wire(walk, descriptor, "a number that is cut");
    text->data += size;
    text->size -= size;
    return 0;
}

static int
walk_field(walk_t *walk, const ProtobufCMessageDescriptor *descriptor, mc_text_t *text)
{
    uint64_t key, ignored;
    if (!read_varint(text, &key) || key >> 3 == 0)
        return refuse_wire(walk, descriptor, "a broken field key");
    switch (key & 7) {
    case VARINT:
        return read_varint(text, &ignored) ? 0 : refuse_wire(walk, descriptor, "a cut number");
    case FIXED64:
        return skip_fixed(walk, descriptor, 8, text);
    case FIXED32:
        return skip_fixed(walk, descriptor, 4, text);
    case BYTES:
        return walk_bytes(walk, descriptor, key >> 3, text);
    default:
        return refuse_wire(walk, descriptor, "an unknown wire type");
    }
}

static int
walk_message(walk_t *walk, const ProtobufCMessageDescriptor *descriptor, mc_text_t text)
{
    if (walk->depth >= INGEST_OTLP_DEPTH_MAX)
        return mc_refuse(walk->refusal, MC_TOO_DEEP_ERROR, "body",
                         "the body is nested deeper than %d messages", INGEST_OTLP_DEPTH_MAX);
    if (++walk->messages > INGEST_OTLP_ITEMS_MAX)
        return mc_refuse(walk->refusal, MC_TOO_LARGE_ERROR, "body",
                         "the body holds over %d messages", INGEST_OTLP_ITEMS_MAX);
    walk->depth++;
    while (text.size)
        if (walk_field(walk, descriptor, &text) == MC_REFUSED)
            return MC_REFUSED;
    walk->depth--;
    return 0;
}

int
ingest_otlp_guard(const ProtobufCMessageDescriptor *descriptor, mc_text_t body,
                  mc_refusal_t *refusal)
{
    walk_t walk = {.refusal = refusal};
    return walk_message(&walk, descriptor, body);
}
