/*
 *  event_line - an event as one line for a person
 */
#include "event_line.h"

#include <inttypes.h>
#include <time.h>

#include "proto/utf8.h"

#define MESSAGE_BYTES_MAX 160

static const char *const colours[] = {
    [MC_STATUS_PENDING] = "\033[90m",   [MC_STATUS_EXECUTING] = "\033[36m",
    [MC_STATUS_COMPLETED] = "\033[32m", [MC_STATUS_FAILED] = "\033[31m",
    [MC_STATUS_PAUSED] = "\033[33m",    [MC_STATUS_UNKNOWN] = "",
};

static void
append_time(const mc_agent_event_t *event, mc_buffer_t *out)
{
    char text[16];
    time_t seconds = (time_t)(event->ts / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(text, sizeof text, "%H:%M:%S", &local);
    mc_buffer_printf(out, "%s.%03d", text, (int)(event->ts / 1000 % 1000));
}

/* Outside text never drives the terminal. */
static void
append_plain(mc_text_t text, mc_buffer_t *out)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_control = byte < 0x20 || byte == 0x7f;
        mc_buffer_byte(out, is_control ? ' ' : byte);
    }
}

static void
append_status(const mc_agent_event_t *event, bool has_colours, mc_buffer_t *out)
{
    const char *colour = has_colours ? colours[mc_status(event->status)] : "";
    mc_buffer_printf(out, "  %s", colour);
    append_plain(event->status, out);
    mc_buffer_printf(out, "%s", colour[0] ? "\033[0m" : "");
    for (size_t size = event->status.size; size < 9; size++)
        mc_buffer_byte(out, ' ');
}

static void
append_model(const mc_agent_event_t *event, mc_buffer_t *out)
{
    if (!event->model_id.size && !event->provider.size)
        return;
    mc_buffer_byte(out, ' ');
    append_plain(event->provider, out);
    mc_buffer_byte(out, '/');
    append_plain(event->model_id, out);
}

static void
append_numbers(const mc_agent_event_t *event, mc_buffer_t *out)
{
    if (mc_has(event, agent_event, tokens_in) || mc_has(event, agent_event, tokens_out))
        mc_buffer_printf(out, " %" PRId64 ">%" PRId64, event->tokens_in, event->tokens_out);
    if (mc_has(event, agent_event, cost_usd))
        mc_buffer_printf(out, " $%.4f", (double)event->cost_usd / MC_NANOUSD);
    if (mc_has(event, agent_event, latency_ms))
        mc_buffer_printf(out, " %" PRId64 "ms", event->latency_ms);
}

static void
append_tool(const mc_agent_event_t *event, mc_buffer_t *out)
{
    if (!event->mcp_tool.size && !event->mcp_server.size)
        return;
    mc_buffer_byte(out, ' ');
    append_plain(event->mcp_server, out);
    mc_buffer_byte(out, '.');
    append_plain(event->mcp_tool, out);
}

void
missionctl_event_line(const mc_agent_event_t *event, bool has_colours, mc_buffer_t *out)
{
    append_time(event, out);
    if (mc_has(event, agent_event, tier))
        mc_buffer_printf(out, " T%" PRId64 " ", event->tier);
    else
        mc_buffer_string(out, " -- ");
    append_plain(event->actor, out);
    mc_buffer_string(out, "  ");
    append_plain(event->action, out);
    if (event->phase.size) {
        mc_buffer_byte(out, ' ');
        append_plain(event->phase, out);
    }
    append_status(event, has_colours, out);
    append_model(event, out);
    append_tool(event, out);
    append_numbers(event, out);
    if (event->message.size)
        mc_buffer_string(out, "  ");
    append_plain(mc_utf8_cut(event->message, MESSAGE_BYTES_MAX), out);
    if (event->message.size > MESSAGE_BYTES_MAX)
        mc_buffer_string(out, "...");
    mc_buffer_byte(out, '\n');
}
