/*
 *  otlp_decode - a body of OTLP, protobuf or JSON, as protobuf-c structs in an arena
 *
 *  The JSON walk fills the same structs that protobuf-c would: a descriptor
 *  gives offset, type and label of each field. Every text is declared as bytes;
 *  ids among them are hex and bytesValue is base64, by name.
 */
#include "services/ingest/otlp_decode.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "services/ingest/otlp_guard.h"

#define NAME_MAX_BYTES 48 /* the longest field name of the schema is shorter */

static void *
arena_alloc(void *arena, size_t size)
{
    return mc_arena_alloc(arena, size);
}

static void
arena_free(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

int
ingest_otlp_decode_protobuf(const ProtobufCMessageDescriptor *descriptor, mc_text_t body,
                            mc_arena_t *arena, ProtobufCMessage **ret_message,
                            mc_refusal_t *refusal)
{
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    if (ingest_otlp_guard(descriptor, body, refusal) == MC_REFUSED)
        return MC_REFUSED;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &allocator, body.size, (const uint8_t *)body.data);
    if (!message)
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, "body", "the body is not OTLP protobuf");
    *ret_message = message;
    return 0;
}

typedef struct {
    mc_arena_t *arena;
    mc_refusal_t *refusal;
} reader_t;

static int read_message(reader_t *reader, const ProtobufCMessageDescriptor *descriptor,
                        mc_json_t value, ProtobufCMessage **ret_message);

/* resourceSpans names resource_spans. */
static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *descriptor, mc_text_t name)
{
    char snake[NAME_MAX_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < name.size && size + 2 < sizeof snake; i++) {
        bool is_upper = name.data[i] >= 'A' && name.data[i] <= 'Z';
        if (is_upper)
            snake[size++] = '_';
        snake[size++] = (char)(is_upper ? name.data[i] - 'A' + 'a' : name.data[i]);
    }
    snake[size] = '\0';
    return protobuf_c_message_descriptor_get_field_by_name(descriptor, snake);
}

static int
refuse_kind(reader_t *reader, const ProtobufCFieldDescriptor *field, const char *wanted)
{
    return mc_refuse(reader->refusal, MC_BAD_INPUT_ERROR, field->name, "%s is not %s", field->name,
                     wanted);
}

/* An integer given as number or as text. */
static int
read_integer(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value,
             uint64_t *ret_integer)
{
    switch (mc_json_kind(value)) {
    case MC_JSON_INTEGER:
        *ret_integer = (uint64_t)mc_json_i64(value);
        return 0;
    case MC_JSON_UNSIGNED:
        *ret_integer = mc_json_u64(value);
        return 0;
    case MC_JSON_DOUBLE: {
        double number = mc_json_f64(value);
        if (number < -9.2e18 || number > 1.8e19 || number != (double)(int64_t)number)
            return refuse_kind(reader, field, "an integer");
        *ret_integer = (uint64_t)(int64_t)number;
        return 0;
    }
    case MC_JSON_STRING: {
        mc_text_t digits = mc_arena_text(reader->arena, mc_json_text(value));
        char *end;
        bool is_negative = digits.size && digits.data[0] == '-';
        errno = 0;
        *ret_integer = is_negative ? (uint64_t)strtoll(digits.data, &end, 10)
                                   : strtoull(digits.data, &end, 10);
        if (digits.size == 0 || *end || errno)
            return refuse_kind(reader, field, "a 64-bit integer");
        return 0;
    }
    default:
        return refuse_kind(reader, field, "an integer");
    }
}

static bool
is_id(const ProtobufCFieldDescriptor *field)
{
    return !strcmp(field->name, "trace_id") || !strcmp(field->name, "span_id") ||
           !strcmp(field->name, "parent_span_id");
}

/* Ids from hex, bytesValue from base64, everything else as it is. */
static int
read_bytes(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value,
           ProtobufCBinaryData *ret_bytes)
{
    if (mc_json_kind(value) != MC_JSON_STRING)
        return refuse_kind(reader, field, "a text");
    mc_text_t text = mc_arena_text(reader->arena, mc_json_text(value));
    ret_bytes->data = (uint8_t *)text.data;
    ret_bytes->len = text.size;
    bool is_base64 = !strcmp(field->name, "bytes_value");
    if (!is_id(field) && !is_base64)
        return 0;
    uint8_t *bytes = mc_arena_alloc(reader->arena, text.size + 1);
    size_t size = 0;
    const char *end = NULL;
    int result = is_base64
                     ? sodium_base642bin(bytes, text.size, text.data, text.size, NULL, &size, &end,
                                         sodium_base64_VARIANT_ORIGINAL)
                     : sodium_hex2bin(bytes, text.size, text.data, text.size, NULL, &size, &end);
    if (result != 0 || end != text.data + text.size)
        return refuse_kind(reader, field, is_base64 ? "base64" : "hex");
    *ret_bytes = (ProtobufCBinaryData){size, bytes};
    return 0;
}

static int
read_double(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value, double *ret)
{
    mc_json_kind_t kind = mc_json_kind(value);
    if (kind == MC_JSON_STRING) { /* "NaN", "Infinity": no number that can be summed */
        *ret = 0;
        return 0;
    }
    if (kind != MC_JSON_INTEGER && kind != MC_JSON_UNSIGNED && kind != MC_JSON_DOUBLE)
        return refuse_kind(reader, field, "a number");
    *ret = mc_json_f64(value);
    return 0;
}

/* Stores one value at its place in the struct or in the array of a repeated field. */
static int
read_value(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value, void *place)
{
    uint64_t integer = 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(reader, field->descriptor, value, place);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(reader, field, value, place);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(reader, field, value, place);
    case PROTOBUF_C_TYPE_BOOL:
        if (mc_json_kind(value) != MC_JSON_BOOL)
            return refuse_kind(reader, field, "true or false");
        *(protobuf_c_boolean *)place = mc_json_bool(value);
        return 0;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        if (read_integer(reader, field, value, &integer) == MC_REFUSED)
            return MC_REFUSED;
        *(int32_t *)place = (int32_t)integer;
        return 0;
    default:
        if (read_integer(reader, field, value, &integer) == MC_REFUSED)
            return MC_REFUSED;
        *(uint64_t *)place = integer;
        return 0;
    }
}

static size_t
size_of_element(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? sizeof(void *) : sizeof(uint64_t);
}

static int
read_repeated(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value,
              char *message)
{
    if (mc_json_kind(value) != MC_JSON_ARRAY)
        return refuse_kind(reader, field, "an array");
    size_t count = mc_json_count(value);
    size_t size = size_of_element(field);
    char *elements = mc_arena_alloc(reader->arena, count * size + 1);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t none;
    mc_json_t element;
    for (size_t i = 0; i < count && mc_json_next(&iter, &none, &element); i++)
        if (read_value(reader, field, element, elements + i * size) == MC_REFUSED)
            return MC_REFUSED;
    *(size_t *)(message + field->quantifier_offset) = count;
    *(void **)(message + field->offset) = elements;
    return 0;
}

static int
read_field(reader_t *reader, const ProtobufCFieldDescriptor *field, mc_json_t value, char *message)
{
    if (mc_json_kind(value) == MC_JSON_NULL)
        return 0;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_repeated(reader, field, value, message);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *)(message + field->quantifier_offset) = field->id;
    return read_value(reader, field, value, message + field->offset);
}

static int
read_message(reader_t *reader, const ProtobufCMessageDescriptor *descriptor, mc_json_t value,
             ProtobufCMessage **ret_message)
{
    if (mc_json_kind(value) != MC_JSON_OBJECT)
        return mc_refuse(reader->refusal, MC_BAD_INPUT_ERROR, descriptor->short_name,
                         "%s is not an object", descriptor->short_name);
    char *message = mc_arena_alloc(reader->arena, descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, message);
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t name;
    mc_json_t member;
    while (mc_json_next(&iter, &name, &member)) {
        const ProtobufCFieldDescriptor *field = find_field(descriptor, name);
        if (field && read_field(reader, field, member, message) == MC_REFUSED)
            return MC_REFUSED;
    }
    *ret_message = (ProtobufCMessage *)message;
    return 0;
}

int
ingest_otlp_decode_json(const ProtobufCMessageDescriptor *descriptor, mc_json_parser_t *parser,
                        mc_text_t body, mc_arena_t *arena, ProtobufCMessage **ret_message,
                        mc_refusal_t *refusal)
{
    reader_t reader = {arena, refusal};
    mc_json_t root;
    if (mc_json_parse(parser, body, &root, refusal) != 0)
        return MC_REFUSED;
    return read_message(&reader, descriptor, root, ret_message);
}

static void
append_piece(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
    /* the buffer that protobuf-c writes into is the first member of this one */
    mc_buffer_append(*(mc_buffer_t **)(buffer + 1), data, size);
}

void
ingest_otlp_encode_protobuf(const ProtobufCMessage *message, mc_buffer_t *out)
{
    struct {
        ProtobufCBuffer base;
        mc_buffer_t *out;
    } target = {{append_piece}, out};
    (void)protobuf_c_message_pack_to_buffer(message, &target.base);
}
