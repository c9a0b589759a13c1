/*
 *  events_follow - the live stream, resumed where it broke
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/sse.h"
#include "events.h"
#include "http.h"

#define PAUSE_LEAST_MS 250
#define PAUSE_MOST_MS 5000
#define SILENCE_S 45L /* the gateway says something every 15 s */
#define REASON_BYTES_MAX 4096

typedef struct {
    const missionctl_api_t *api;
    missionctl_event_printer_t *printer;
    mc_sse_t sse;
    mc_json_parser_t *parser;
    mc_buffer_t refusal; /* the body of an answer that is no stream */
    CURL *curl;
    bool is_heard;  /* since it was last connected */
    bool is_closed; /* nobody reads us any more */
} follow_t;

static int64_t
read_id(mc_text_t text)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", MC_FMT(text));
    return atoll(digits);
}

static void
on_frame(void *arg, const mc_sse_frame_t *frame)
{
    follow_t *self = arg;
    mc_json_t root;
    mc_json_t last;
    mc_refusal_t refusal;
    if (!frame->has_data)
        return;
    self->is_heard = true;
    if (mc_json_parse(self->parser, frame->data, &root, &refusal) != 0)
        return;
    bool is_ready = mc_text_is(frame->event, "ready") && mc_json_kind(root) == MC_JSON_OBJECT &&
                    mc_json_find(root, "lastEventId", &last) &&
                    mc_json_kind(last) == MC_JSON_INTEGER;
    if (is_ready && self->printer->last_id == 0)
        self->printer->last_id = mc_json_i64(last);
    if (!mc_text_is(frame->event, "agent_event"))
        return;
    missionctl_event_print(self->printer, root);
    int64_t id = read_id(frame->id);
    if (id > self->printer->last_id)
        self->printer->last_id = id;
}

static size_t
on_body(char *data, size_t unit, size_t count, void *arg)
{
    follow_t *self = arg;
    mc_text_t bytes = {data, unit * count};
    long status = 0;
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        mc_buffer_text(&self->refusal, bytes);
        return bytes.size;
    }
    bool is_fine = mc_sse_feed(&self->sse, bytes);
    self->is_closed = fflush(stdout) == EOF || ferror(stdout);
    return is_fine && !self->is_closed ? bytes.size : 0;
}

static struct curl_slist *
make_headers(const follow_t *self)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
    char resume[64];
    if (self->api->credential[0])
        headers = curl_slist_append(headers, self->api->credential);
    if (self->printer->last_id) {
        snprintf(resume, sizeof resume, "Last-Event-ID: %" PRId64, self->printer->last_id);
        headers = curl_slist_append(headers, resume);
    }
    return headers;
}

/* Listens until the connection breaks. Returns 0 to try again, or -1. */
static int
listen_once(follow_t *self, const char *url)
{
    long status = 0;
    struct curl_slist *headers = make_headers(self);
    mc_sse_reset(&self->sse);
    mc_buffer_reset(&self->refusal);
    self->is_heard = false;
    curl_easy_setopt(self->curl, CURLOPT_URL, url);
    curl_easy_setopt(self->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, headers);
    if (missionctl_url_is_loopback(url))
        curl_easy_setopt(self->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(self->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(self->curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, self);
    CURLcode code = curl_easy_perform(self->curl);
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    bool is_refused = code == CURLE_OK && status >= 400 && status < 500 && status != 429;
    if (is_refused)
        return mc_fail("the live stream was refused with %ld: %.*s", status,
                       MC_FMT(mc_buffer_content(&self->refusal)));
    return 0;
}

/* The list's limit is not the stream's; where it starts is told by Last-Event-ID. */
static void
write_url(const follow_t *self, const mc_event_query_t *query, mc_buffer_t *url)
{
    mc_event_query_t filters = *query;
    mc_unset(&filters, event_query, limit);
    mc_unset(&filters, event_query, since_id);
    mc_unset(&filters, event_query, before_id);
    mc_unset(&filters, event_query, since);
    mc_unset(&filters, event_query, until);
    mc_buffer_printf(url, "%s/api/v1/stream", self->api->base.text);
    missionctl_api_write_query(&mc_event_query_shape, &filters, url);
    mc_buffer_printf(url, "%ckinds=event", filters.present ? '&' : '?');
    mc_buffer_byte(url, '\0');
}

int
missionctl_events_follow(missionctl_api_t *api, const mc_event_query_t *query,
                         missionctl_event_printer_t *printer)
{
    follow_t self = {.api = api, .printer = printer};
    mc_buffer_t url = {0};
    int pause_ms = PAUSE_LEAST_MS;
    int result = 0;
    self.parser = mc_json_parser_new();
    self.curl = curl_easy_init();
    assert(self.curl);
    mc_buffer_init(&self.refusal, REASON_BYTES_MAX);
    mc_sse_init(&self.sse, on_frame, &self);
    write_url(&self, query, &url);
    while (result == 0 && !self.is_closed) {
        result = listen_once(&self, url.data);
        if (result == -1 || self.is_closed)
            break;
        pause_ms = self.is_heard ? PAUSE_LEAST_MS : 2 * pause_ms;
        if (pause_ms > PAUSE_MOST_MS)
            pause_ms = PAUSE_MOST_MS;
        poll(NULL, 0, pause_ms);
    }
    mc_buffer_clear(&url);
    mc_buffer_clear(&self.refusal);
    mc_sse_clear(&self.sse);
    curl_easy_cleanup(self.curl);
    mc_json_parser_destroy(&self.parser);
    return result;
}
