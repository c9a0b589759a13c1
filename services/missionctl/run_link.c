/*
 *  run_link - what passes between a supervisor and the gateway
 */
#include "run_link.h"

#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/sse.h"
#include "http.h"
#include "run_multi.h"

#define CONNECT_TIMEOUT_MS 3000L
#define POST_TIMEOUT_MS 10000L
#define RUN_ID_BYTES_MAX 128
#define PATH_PARTS "/api/v1/control/parts"
#define PATH_ACK "/api/v1/control/ack"

typedef struct {
    char run_id[RUN_ID_BYTES_MAX];
    const char *path;
    mc_buffer_t body;
} ack_t;

struct missionctl_link {
    missionctl_link_options_t options;
    missionctl_multi_t multi;
    CURL *stream;
    CURL *post;
    struct curl_slist *stream_headers;
    struct curl_slist *post_headers;
    char run_id[RUN_ID_BYTES_MAX];
    mc_buffer_t hello;
    mc_sse_t sse;
    mc_json_parser_t *parser;
    ack_t acks[MISSIONCTL_LINK_ACKS_MAX];
    size_t ack_count;
    mc_buffer_t sending; /* the body that is under way */
    bool is_ack_sent;    /* it is the first acknowledgement */
    bool is_stream_open;
    bool is_post_open;
    bool is_heard; /* by this stream */
    bool is_settled;
    bool is_announced; /* since the stream was lost */
    bool is_failing;   /* the last post failed */
    int pause_ms;
    int64_t due_us;
};

static void
on_frame(void *arg, const mc_sse_frame_t *frame)
{
    missionctl_link_t *self = arg;
    missionctl_verdict_t verdict;
    mc_refusal_t refusal;
    mc_json_t root;
    if (!frame->has_data || !mc_text_is(frame->event, "hold"))
        return;
    if (mc_json_parse(self->parser, frame->data, &root, &refusal) != 0 ||
        missionctl_verdict_read(root, self->run_id, &verdict) == -1)
        return;
    self->is_heard = true;
    self->is_settled = true;
    self->options.heard(self->options.arg, &verdict);
}

static size_t
on_stream(char *data, size_t unit, size_t count, void *arg)
{
    missionctl_link_t *self = arg;
    long status = 0;
    curl_easy_getinfo(self->stream, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || !mc_sse_feed(&self->sse, (mc_text_t){data, unit * count}))
        return 0;
    self->pause_ms = 0;
    return unit * count;
}

static size_t
on_answer(char *data, size_t unit, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return unit * count;
}

static void
set_common(const missionctl_link_t *self, CURL *curl, struct curl_slist *headers)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (missionctl_url_is_loopback(self->options.base))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

static void
set_options(missionctl_link_t *self)
{
    set_common(self, self->stream, self->stream_headers);
    curl_easy_setopt(self->stream, CURLOPT_WRITEFUNCTION, on_stream);
    curl_easy_setopt(self->stream, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(self->stream, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(self->stream, CURLOPT_LOW_SPEED_TIME, MISSIONCTL_LINK_SILENCE_S);
    set_common(self, self->post, self->post_headers);
    curl_easy_setopt(self->post, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(self->post, CURLOPT_TIMEOUT_MS, POST_TIMEOUT_MS);
}

missionctl_link_t *
missionctl_link_new(const missionctl_link_options_t *options)
{
    missionctl_link_t *self = calloc(1, sizeof *self);
    assert(self);
    self->options = *options;
    self->stream = curl_easy_init();
    self->post = curl_easy_init();
    self->parser = mc_json_parser_new();
    assert(self->stream && self->post);
    missionctl_multi_init(&self->multi);
    mc_sse_init(&self->sse, on_frame, self);
    self->stream_headers = curl_slist_append(NULL, "Accept: text/event-stream");
    self->post_headers = curl_slist_append(NULL, "Content-Type: application/json");
    self->post_headers = curl_slist_append(self->post_headers, "Expect:");
    if (options->credential[0]) {
        self->stream_headers = curl_slist_append(self->stream_headers, options->credential);
        self->post_headers = curl_slist_append(self->post_headers, options->credential);
    }
    set_options(self);
    return self;
}

static void
close_stream(missionctl_link_t *self)
{
    if (self->is_stream_open)
        curl_multi_remove_handle(self->multi.transfers, self->stream);
    self->is_stream_open = false;
    self->is_announced = false;
}

static void
close_post(missionctl_link_t *self)
{
    if (self->is_post_open)
        curl_multi_remove_handle(self->multi.transfers, self->post);
    self->is_post_open = false;
}

void
missionctl_link_destroy(missionctl_link_t **address)
{
    missionctl_link_t *self = mc_take(address);
    if (!self)
        return;
    close_stream(self);
    close_post(self);
    curl_easy_cleanup(self->stream);
    curl_easy_cleanup(self->post);
    missionctl_multi_clear(&self->multi);
    curl_slist_free_all(self->stream_headers);
    curl_slist_free_all(self->post_headers);
    for (size_t i = 0; i < MISSIONCTL_LINK_ACKS_MAX; i++)
        mc_buffer_clear(&self->acks[i].body);
    mc_buffer_clear(&self->hello);
    mc_buffer_clear(&self->sending);
    mc_sse_clear(&self->sse);
    mc_json_parser_destroy(&self->parser);
    free(self);
}

void
missionctl_link_follow(missionctl_link_t *self, const char *run_id, mc_text_t hello)
{
    close_stream(self);
    snprintf(self->run_id, sizeof self->run_id, "%s", run_id);
    mc_buffer_reset(&self->hello);
    mc_buffer_text(&self->hello, hello);
    self->is_settled = false;
    self->pause_ms = 0;
    self->due_us = 0;
}

static void
pause_after_failure(missionctl_link_t *self, int most_ms)
{
    self->pause_ms = self->pause_ms ? 2 * self->pause_ms : MISSIONCTL_LINK_PAUSE_LEAST_MS;
    if (self->pause_ms > most_ms)
        self->pause_ms = most_ms;
    self->due_us = mc_clock_steady_us() + self->pause_ms * INT64_C(1000);
}

static void
remove_ack(missionctl_link_t *self, size_t index)
{
    mc_buffer_clear(&self->acks[index].body);
    self->ack_count--;
    memmove(&self->acks[index], &self->acks[index + 1],
            (self->ack_count - index) * sizeof self->acks[0]);
    self->acks[self->ack_count] = (ack_t){0};
}

static void
add(missionctl_link_t *self, const char *path, mc_text_t body)
{
    if (self->ack_count == MISSIONCTL_LINK_ACKS_MAX)
        remove_ack(self, self->is_post_open && self->is_ack_sent ? 1 : 0);
    ack_t *ack = &self->acks[self->ack_count++];
    memcpy(ack->run_id, self->run_id, sizeof ack->run_id);
    ack->path = path;
    mc_buffer_text(&ack->body, body);
}

void
missionctl_link_acknowledge(missionctl_link_t *self, mc_text_t body)
{
    size_t first = self->is_post_open && self->is_ack_sent ? 1 : 0;
    for (size_t i = first; i < self->ack_count; i++)
        if (!strcmp(self->acks[i].run_id, self->run_id)) {
            remove_ack(self, i);
            break;
        }
    add(self, PATH_ACK, body);
}

/* A gateway that does not know the run is not told that it is over. */
void
missionctl_link_leave(missionctl_link_t *self, mc_text_t body)
{
    bool is_known = self->is_announced || self->is_stream_open;
    if (is_known)
        add(self, PATH_PARTS, body);
    close_stream(self);
    self->run_id[0] = '\0';
}

static void
start_post(missionctl_link_t *self, const char *path, const mc_buffer_t *body)
{
    missionctl_path_t url = missionctl_path("%s%s", self->options.base, path);
    mc_buffer_reset(&self->sending);
    mc_buffer_text(&self->sending, mc_buffer_content(body));
    curl_easy_setopt(self->post, CURLOPT_URL, url.text);
    curl_easy_setopt(self->post, CURLOPT_POSTFIELDS, self->sending.data);
    curl_easy_setopt(self->post, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)self->sending.size);
    self->is_post_open = curl_multi_add_handle(self->multi.transfers, self->post) == CURLM_OK;
}

static void
start_stream(missionctl_link_t *self)
{
    mc_buffer_t url = {0};
    mc_buffer_printf(&url, "%s/api/v1/control/stream?run=", self->options.base);
    missionctl_percent_encode(&url, mc_text(self->run_id));
    mc_buffer_byte(&url, '\0');
    curl_easy_setopt(self->stream, CURLOPT_URL, url.data);
    mc_buffer_clear(&url);
    mc_sse_reset(&self->sse);
    self->is_heard = false;
    self->is_stream_open = curl_multi_add_handle(self->multi.transfers, self->stream) == CURLM_OK;
}

static void
start_what_is_due(missionctl_link_t *self)
{
    if (mc_clock_steady_us() < self->due_us)
        return;
    bool is_unknown = self->run_id[0] && !self->is_stream_open && !self->is_announced;
    if (!self->is_post_open && is_unknown) {
        self->is_ack_sent = false;
        start_post(self, PATH_PARTS, &self->hello);
    } else if (!self->is_post_open && self->ack_count) {
        self->is_ack_sent = true;
        start_post(self, self->acks[0].path, &self->acks[0].body);
    }
    if (self->run_id[0] && !self->is_stream_open && self->is_announced)
        start_stream(self);
}

/* What is refused for what it says is not sent again. */
static bool
is_final(long status)
{
    return status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 &&
           status != 429;
}

static void
end_post(missionctl_link_t *self, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(self->post, CURLINFO_RESPONSE_CODE, &status);
    close_post(self);
    bool is_done = code == CURLE_OK && status >= 200 && status < 300;
    self->is_failing = !is_done;
    if (self->is_ack_sent && (is_done || (code == CURLE_OK && is_final(status))))
        remove_ack(self, 0);
    else if (!self->is_ack_sent && is_done)
        self->is_announced = true;
    else
        pause_after_failure(self, MISSIONCTL_LINK_PAUSE_MOST_MS);
    if (!is_done)
        self->is_settled = true;
}

static void
end_stream(missionctl_link_t *self)
{
    close_stream(self);
    if (!self->is_heard)
        self->is_settled = true;
    pause_after_failure(self,
                        self->is_failing ? MISSIONCTL_LINK_PAUSE_MOST_MS : MISSIONCTL_LINK_BEAT_MS);
}

static void
take_ends(missionctl_link_t *self)
{
    const CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read(self->multi.transfers, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        if (message->easy_handle == self->post)
            end_post(self, message->data.result);
        else
            end_stream(self);
    }
}

void
missionctl_link_go_on(missionctl_link_t *self)
{
    missionctl_multi_turn(&self->multi);
    take_ends(self);
    start_what_is_due(self);
    missionctl_multi_turn(&self->multi);
    take_ends(self);
}

int
missionctl_link_fd(const missionctl_link_t *self)
{
    return self->multi.epoll;
}

int
missionctl_link_timeout(const missionctl_link_t *self, int most_ms)
{
    int64_t now_us = mc_clock_steady_us();
    bool wants_turn =
        (self->run_id[0] && !self->is_stream_open) || (self->ack_count && !self->is_post_open);
    int64_t least_ms = most_ms;
    if (self->multi.due_us && (self->multi.due_us - now_us) / 1000 + 1 < least_ms)
        least_ms = (self->multi.due_us - now_us) / 1000 + 1;
    bool is_busy = self->is_post_open && (!self->is_announced || self->is_stream_open);
    if (wants_turn && !is_busy && (self->due_us - now_us) / 1000 + 1 < least_ms)
        least_ms = (self->due_us - now_us) / 1000 + 1;
    return least_ms < 0 ? 0 : (int)least_ms;
}

bool
missionctl_link_is_settled(const missionctl_link_t *self)
{
    return self->is_settled;
}

bool
missionctl_link_is_idle(const missionctl_link_t *self)
{
    return !self->ack_count;
}
