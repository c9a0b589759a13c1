/*
 *  attach - the terminal of a run, live
 *
 *  What it wrote so far comes from the list of its events, what follows from the live stream, which
 *  is taken up again behind the last event that was shown. It ends with the run; Ctrl-C leaves
 *  before that, and the run goes on. The bytes are shown as they were written, since the colours
 *  and the cursor of a terminal are what one attaches for.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "commands.h"
#include "common/sse.h"
#include "http.h"

#define HISTORY 1000 /* pieces of output */
#define HISTORY_MAX 2000
#define PAUSE_LEAST_MS 250
#define PAUSE_MOST_MS 5000
#define SILENCE_S 45L /* the gateway says something every 15 s */

static const missionctl_option_t options[] = {
    {"limit", 0, "N", "Events that are shown of what it did so far (1000)"},
    {0},
};

typedef struct {
    const missionctl_api_t *api;
    mc_buffer_t run_id; /* percent-encoded */
    bool is_json;
    int64_t last_id;
    bool is_ended;  /* the run */
    bool is_closed; /* nobody reads us any more */
    bool is_heard;  /* by this connection */
    long refusal;   /* status of an answer that will not get better; 0 */
    CURL *curl;
    mc_sse_t sse;
    mc_json_parser_t *events;
    mc_json_parser_t *payloads;
} attach_t;

static mc_text_t
member(mc_json_t object, const char *name)
{
    mc_json_t value;
    bool is_text = mc_json_kind(object) == MC_JSON_OBJECT && mc_json_find(object, name, &value) &&
                   mc_json_kind(value) == MC_JSON_STRING;
    return is_text ? mc_json_text(value) : (mc_text_t){0};
}

static void
show_output(attach_t *self, mc_json_t event)
{
    mc_json_t payload;
    mc_refusal_t refusal;
    mc_text_t json = member(event, "payloadJson");
    if (!json.size || mc_json_parse(self->payloads, json, &payload, &refusal) != 0)
        return;
    mc_text_t data = member(payload, "data");
    FILE *file = mc_text_is(member(payload, "stream"), "stderr") ? stderr : stdout;
    if (data.size)
        fwrite(data.data, 1, data.size, file);
}

static void
show_json(mc_json_t event)
{
    mc_buffer_t out = {0};
    mc_json_write(event, &out);
    mc_buffer_byte(&out, '\n');
    fwrite(out.data, 1, out.size, stdout);
    mc_buffer_clear(&out);
}

/* What is no output is told beside it, where that is for a person. */
static void
show_other(const attach_t *self, mc_json_t event)
{
    mc_text_t message = member(event, "message");
    if (!self->is_json)
        fprintf(stderr, "missionctl: the run: %.*s\n", MC_FMT(message));
}

static void
show(attach_t *self, mc_json_t event)
{
    mc_json_t id;
    bool is_new = mc_json_kind(event) == MC_JSON_OBJECT && mc_json_find(event, "id", &id) &&
                  mc_json_kind(id) == MC_JSON_INTEGER && mc_json_i64(id) > self->last_id;
    if (!is_new || self->is_ended)
        return;
    self->last_id = mc_json_i64(id);
    mc_text_t action = member(event, "action");
    bool is_output = mc_text_is(action, "terminal.output");
    bool is_run = mc_text_is(action, "agent.run");
    bool is_control = mc_text_is(action, "agent.control");
    if (!is_output && !is_run && !is_control)
        return;
    if (self->is_json)
        show_json(event);
    else if (is_output)
        show_output(self, event);
    self->is_ended = is_run && mc_text_is(member(event, "phase"), "end");
    if (self->is_ended || is_control)
        show_other(self, event);
}

static void
on_frame(void *arg, const mc_sse_frame_t *frame)
{
    attach_t *self = arg;
    mc_json_t root;
    mc_refusal_t refusal;
    if (!frame->has_data)
        return;
    self->is_heard = true;
    if (mc_text_is(frame->event, "agent_event") &&
        mc_json_parse(self->events, frame->data, &root, &refusal) == 0)
        show(self, root);
}

static size_t
on_body(char *data, size_t unit, size_t count, void *arg)
{
    attach_t *self = arg;
    long status = 0;
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || !mc_sse_feed(&self->sse, (mc_text_t){data, unit * count}))
        return 0;
    self->is_closed = fflush(stdout) == EOF || ferror(stdout);
    return self->is_closed || self->is_ended ? 0 : unit * count;
}

static void
listen_once(attach_t *self)
{
    missionctl_path_t resume = missionctl_path("Last-Event-ID: %" PRId64, self->last_id);
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
    mc_buffer_t url = {0};
    long status = 0;
    if (self->api->credential[0])
        headers = curl_slist_append(headers, self->api->credential);
    if (self->last_id)
        headers = curl_slist_append(headers, resume.text);
    mc_buffer_printf(&url, "%s/api/v1/stream?runId=%.*s&kinds=event", self->api->base.text,
                     MC_FMT(mc_buffer_content(&self->run_id)));
    mc_buffer_byte(&url, '\0');
    mc_sse_reset(&self->sse);
    self->is_heard = false;
    curl_easy_reset(self->curl);
    curl_easy_setopt(self->curl, CURLOPT_URL, url.data);
    curl_easy_setopt(self->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, headers);
    if (missionctl_url_is_loopback(url.data))
        curl_easy_setopt(self->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(self->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(self->curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, self);
    curl_easy_perform(self->curl);
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    self->refusal = status >= 400 && status < 500 && status != 429 ? status : 0;
    curl_slist_free_all(headers);
    mc_buffer_clear(&url);
}

static int
follow(attach_t *self)
{
    int pause_ms = PAUSE_LEAST_MS;
    while (!self->is_ended && !self->is_closed) {
        listen_once(self);
        if (self->refusal)
            return mc_fail("the live stream was refused with %ld", self->refusal);
        if (self->is_ended || self->is_closed)
            break;
        pause_ms = self->is_heard ? PAUSE_LEAST_MS : 2 * pause_ms;
        if (pause_ms > PAUSE_MOST_MS)
            pause_ms = PAUSE_MOST_MS;
        poll(NULL, 0, pause_ms);
    }
    return 0;
}

static int
ask_items(missionctl_api_t *api, const mc_buffer_t *path, mc_json_t *ret_items)
{
    mc_json_t root;
    if (missionctl_api_call(api, NULL, path->data, (mc_text_t){0}, &root) == -1)
        return -1;
    return missionctl_api_items(root, ret_items);
}

/* The list comes newest first. */
static void
show_backwards(attach_t *self, mc_json_t items)
{
    size_t count = mc_json_count(items);
    mc_json_t *events = calloc(count + 1, sizeof *events);
    mc_json_iter_t iter = mc_json_iter(items);
    mc_text_t key;
    size_t used = 0;
    assert(events);
    while (used < count && mc_json_next(&iter, &key, &events[used]))
        used++;
    while (used-- > 0)
        show(self, events[used]);
    free(events);
    fflush(stdout);
}

/* The newest event of all is asked for first: whatever the run does after that comes by the stream,
 * also when it has done nothing yet. */
static int
show_history(attach_t *self, missionctl_api_t *api, int64_t limit)
{
    mc_buffer_t path = {0};
    mc_json_t items;
    mc_json_t id;
    mc_json_t first;
    mc_text_t key;
    int64_t newest = 0;
    mc_buffer_printf(&path, "/api/v1/events?limit=1%c", '\0');
    int result = ask_items(api, &path, &items);
    mc_json_iter_t iter = result == 0 ? mc_json_iter(items) : (mc_json_iter_t){0};
    if (result == 0 && mc_json_next(&iter, &key, &first) && mc_json_kind(first) == MC_JSON_OBJECT &&
        mc_json_find(first, "id", &id) && mc_json_kind(id) == MC_JSON_INTEGER)
        newest = mc_json_i64(id);
    mc_buffer_reset(&path);
    mc_buffer_printf(&path, "/api/v1/events?limit=%" PRId64 "&runId=%.*s%c", limit,
                     MC_FMT(mc_buffer_content(&self->run_id)), '\0');
    if (result == 0)
        result = ask_items(api, &path, &items);
    if (result == 0)
        show_backwards(self, items);
    if (newest > self->last_id)
        self->last_id = newest;
    mc_buffer_clear(&path);
    return result;
}

/* Refused by the gateway's own words where there is no such run. */
static int
require_run(missionctl_api_t *api, const attach_t *self)
{
    mc_buffer_t path = {0};
    mc_json_t root;
    mc_buffer_printf(&path, "/api/v1/runs/%.*s%c", MC_FMT(mc_buffer_content(&self->run_id)), '\0');
    int result = missionctl_api_call(api, NULL, path.data, (mc_text_t){0}, &root);
    mc_buffer_clear(&path);
    return result;
}

static int
attach(const missionctl_args_t *args)
{
    int64_t limit = HISTORY;
    if (missionctl_args_number(args, "limit", (int64_t[]){1, HISTORY_MAX}, &limit) == -1)
        return missionctl_wrong_use(args);
    missionctl_api_t *api = missionctl_api_new(args);
    attach_t self = {.api = api, .is_json = missionctl_args_has(args, "json")};
    self.curl = curl_easy_init();
    self.events = mc_json_parser_new();
    self.payloads = mc_json_parser_new();
    assert(self.curl);
    mc_sse_init(&self.sse, on_frame, &self);
    missionctl_percent_encode(&self.run_id, mc_text(args->words[0]));
    int result = api && require_run(api, &self) == 0 ? 0 : -1;
    if (result == 0)
        result = show_history(&self, api, limit);
    if (result == 0)
        result = follow(&self);
    mc_buffer_clear(&self.run_id);
    mc_sse_clear(&self.sse);
    curl_easy_cleanup(self.curl);
    mc_json_parser_destroy(&self.events);
    mc_json_parser_destroy(&self.payloads);
    missionctl_api_destroy(&api);
    return result;
}

const missionctl_command_t missionctl_attach_commands[] = {
    {.name = "attach",
     .words = "RUN",
     .words_least = 1,
     .words_most = 1,
     .is_client = true,
     .options = options,
     .call = attach,
     .doc = "The terminal of a run, live, until that ends; Ctrl-C leaves it running"},
    {0},
};
