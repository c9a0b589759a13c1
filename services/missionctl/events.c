/*
 *  events - what agents did and do
 *
 *  The last events come from a list; what follows from the live stream, taken
 *  up again behind the last event that was printed whenever it breaks.
 */
#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "commands.h"
#include "common/error.h"
#include "event_line.h"

#define LIMIT 20

static const missionctl_option_t options[] = {
    {"follow", 'f', NULL, "Go on with what happens from now on"},
    {"cursor", 0, "TEXT", "Where the page before ended: its nextCursor"},
    {0},
};

void
missionctl_event_print(missionctl_event_printer_t *self, mc_json_t event)
{
    mc_agent_event_t record = {0};
    mc_refusal_t refusal;
    mc_json_t id;
    mc_buffer_t out = {0};
    if (mc_json_kind(event) != MC_JSON_OBJECT)
        return;
    if (mc_json_find(event, "id", &id) && mc_json_kind(id) == MC_JSON_INTEGER &&
        mc_json_i64(id) > self->last_id)
        self->last_id = mc_json_i64(id);
    if (self->is_json) {
        mc_json_write(event, &out);
        mc_buffer_byte(&out, '\n');
    } else if (mc_json_read(&mc_agent_event_shape, event, self->arena, false, &record, &refusal) ==
               0) {
        missionctl_event_line(&record, self->has_colours, &out);
    }
    if (out.size)
        fwrite(out.data, 1, out.size, stdout);
    mc_buffer_clear(&out);
    mc_arena_clear(self->arena);
}

/* Lists come newest first; a person reads downwards. */
static void
print_backwards(missionctl_event_printer_t *printer, mc_json_t items)
{
    size_t count = mc_json_count(items);
    mc_json_t *events = calloc(count + 1, sizeof *events);
    assert(events);
    mc_json_iter_t iter = mc_json_iter(items);
    mc_text_t key;
    for (size_t i = 0; i < count && mc_json_next(&iter, &key, &events[i]);)
        i++;
    while (count-- > 0)
        missionctl_event_print(printer, events[count]);
    free(events);
    fflush(stdout);
}

static int
list(missionctl_api_t *api, const missionctl_args_t *args, const mc_event_query_t *query,
     missionctl_event_printer_t *printer)
{
    const char *cursor = missionctl_args_value(args, "cursor");
    mc_buffer_t path = {0};
    mc_json_t root;
    mc_json_t items;
    mc_buffer_string(&path, "/api/v1/events");
    missionctl_api_write_query(&mc_event_query_shape, query, &path);
    if (cursor) {
        mc_buffer_string(&path, query->present ? "&cursor=" : "?cursor=");
        missionctl_percent_encode(&path, mc_text(cursor));
    }
    mc_buffer_byte(&path, '\0');
    int result = missionctl_api_get(api, path.data, NULL, NULL, &root);
    mc_buffer_clear(&path);
    if (result == 0)
        result = missionctl_api_items(root, &items);
    if (result == 0)
        print_backwards(printer, items);
    return result;
}

static int
show(const missionctl_args_t *args, mc_event_query_t *query)
{
    missionctl_event_printer_t printer = {.arena = mc_arena_new(),
                                          .is_json = missionctl_args_has(args, "json"),
                                          .has_colours = isatty(STDOUT_FILENO)};
    missionctl_api_t *api = missionctl_api_new(args);
    if (!mc_has(query, event_query, limit))
        mc_set(query, event_query, limit, LIMIT);
    int result = api ? list(api, args, query, &printer) : -1;
    if (result == 0 && missionctl_args_has(args, "follow"))
        result = missionctl_events_follow(api, query, &printer);
    missionctl_api_destroy(&api);
    mc_arena_destroy(&printer.arena);
    return result;
}

static int
events(const missionctl_args_t *args)
{
    mc_event_query_t query = {0};
    if (missionctl_args_record(args, &query) == -1)
        return missionctl_wrong_use(args);
    return show(args, &query);
}

const missionctl_command_t missionctl_events_commands[] = {
    {.name = "events",
     .is_client = true,
     .options = options,
     .shape = &mc_event_query_shape,
     .call = events,
     .doc = "What agents did last; --follow: and do"},
    {0},
};
