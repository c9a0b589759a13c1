/*
 *  usage_strip - takes usage out of a chat stream whose client did not ask for it
 */
#include "services/router/usage_strip.h"

#define USAGE "\"usage\""

typedef struct {
    mc_text_t usage; /* its value */
    bool is_null;
    bool has_choices; /* at least one */
} chunk_t;

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
on_member(void *arg, const mc_json_member_t *member)
{
    chunk_t *chunk = arg;
    if (mc_text_is(member->name, "usage")) {
        chunk->usage = member->raw;
        chunk->is_null = member->kind == MC_JSON_NULL;
    } else if (mc_text_is(member->name, "choices") && member->kind == MC_JSON_ARRAY) {
        size_t i = 1;
        while (is_blank(member->raw.data[i]))
            i++;
        chunk->has_choices = member->raw.data[i] != ']';
    }
}

/* Writes the object without the member, whose name stands before the value, and without one of the
 * commas beside it. */
static void
write_without(mc_text_t data, mc_text_t value, mc_buffer_t *out)
{
    const char *from = value.data, *to = value.data + value.size, *end = data.data + data.size;
    const char *name = memrchr(data.data, ':', (size_t)(from - data.data));
    while (is_blank(name[-1]))
        name--;
    from = name - (sizeof USAGE - 1);
    while (is_blank(from[-1]))
        from--;
    while (to < end && is_blank(*to))
        to++;
    if (from[-1] == ',')
        from--;
    else if (*to == ',')
        to++;
    mc_buffer_append(out, data.data, (size_t)(from - data.data));
    mc_buffer_append(out, to, (size_t)(end - to));
}

void
router_usage_strip(mc_json_scanner_t *scanner, const mc_sse_frame_t *frame, mc_buffer_t *out)
{
    chunk_t chunk = {0};
    mc_refusal_t refusal;
    mc_text_t data = frame->data;
    bool is_one_line =
        data.data >= frame->raw.data && data.data < frame->raw.data + frame->raw.size;
    if (!is_one_line || !memmem(data.data, data.size, USAGE, sizeof USAGE - 1) ||
        mc_json_scan(scanner, data, on_member, &chunk, &refusal) != 0 || !chunk.usage.size) {
        mc_buffer_text(out, frame->raw);
        return;
    }
    if (!chunk.is_null && !chunk.has_choices)
        return;
    if (!chunk.is_null) {
        mc_buffer_text(out, frame->raw);
        return;
    }
    mc_buffer_append(out, frame->raw.data, (size_t)(data.data - frame->raw.data));
    write_without(data, chunk.usage, out);
    const char *behind = data.data + data.size;
    mc_buffer_append(out, behind, (size_t)(frame->raw.data + frame->raw.size - behind));
}
