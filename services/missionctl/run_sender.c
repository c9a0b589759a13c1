/*
 *  run_sender - delivers queues to ingest, one request at a time
 */
#include "run_sender.h"

#include <curl/curl.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/json.h"
#include "http.h"

#define CONNECT_TIMEOUT_MS 3000L
#define REQUEST_TIMEOUT_MS 30000L
#define ANSWER_BYTES_MAX ((size_t)1 << 20)
#define WATCHED_MAX 16
#define LEFTOVERS_MAX 1000

struct missionctl_sender {
    missionctl_path_t url;
    missionctl_queue_t *own;
    missionctl_queue_t leftover; /* fd is -1: none is open */
    missionctl_path_t *leftovers;
    size_t leftover_count;
    size_t leftover_next;
    CURLM *multi;
    CURL *curl;
    struct curl_slist *headers;
    bool is_under_way;
    missionctl_queue_t *sending; /* that the batch is from */
    mc_buffer_t batch;
    size_t lines_most;
    mc_buffer_t answer;
    int pause_ms;
    int64_t due_us; /* of the next try, steady clock */
    missionctl_sender_report_t report;
    mc_json_parser_t *parser;
};

static size_t
on_body(char *data, size_t unit, size_t count, void *arg)
{
    missionctl_sender_t *self = arg;
    mc_buffer_append(&self->answer, data, unit * count);
    return unit * count;
}

static int
is_queue(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 6 && !strcmp(entry->d_name + size - 6, ".jsonl");
}

/* Oldest first: the names begin with the time. */
static void
list_leftovers(missionctl_sender_t *self, const char *folder)
{
    struct dirent **entries = NULL;
    int count = folder[0] ? scandir(folder, &entries, is_queue, alphasort) : 0;
    self->leftovers = calloc(count > 0 ? (size_t)count : 1, sizeof *self->leftovers);
    assert(self->leftovers);
    for (int i = 0; i < count; i++) {
        if (i < LEFTOVERS_MAX)
            self->leftovers[self->leftover_count++] =
                missionctl_path("%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static void
set_options(missionctl_sender_t *self)
{
    CURL *curl = self->curl;
    curl_easy_setopt(curl, CURLOPT_URL, self->url.text);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, REQUEST_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, self);
    if (missionctl_url_is_loopback(self->url.text))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

missionctl_sender_t *
missionctl_sender_new(const missionctl_sender_options_t *options)
{
    missionctl_sender_t *self = calloc(1, sizeof *self);
    assert(self);
    self->url = missionctl_path("%s/v1/events", options->endpoint);
    self->own = options->queue;
    self->leftover.fd = -1;
    self->lines_most = MISSIONCTL_BATCH_LINES;
    self->multi = curl_multi_init();
    self->curl = curl_easy_init();
    self->parser = mc_json_parser_new();
    assert(self->multi && self->curl);
    mc_buffer_init(&self->answer, ANSWER_BYTES_MAX);
    self->headers = curl_slist_append(NULL, "Expect:");
    self->headers = curl_slist_append(self->headers, "Content-Type: application/x-ndjson");
    if (options->key) {
        missionctl_path_t header = missionctl_path("Authorization: Bearer %s", options->key);
        self->headers = curl_slist_append(self->headers, header.text);
    }
    set_options(self);
    list_leftovers(self, options->folder);
    return self;
}

void
missionctl_sender_destroy(missionctl_sender_t **address)
{
    missionctl_sender_t *self = mc_take(address);
    if (!self)
        return;
    if (self->is_under_way)
        curl_multi_remove_handle(self->multi, self->curl);
    curl_easy_cleanup(self->curl);
    curl_multi_cleanup(self->multi);
    curl_slist_free_all(self->headers);
    missionctl_queue_clear(&self->leftover);
    mc_buffer_clear(&self->batch);
    mc_buffer_clear(&self->answer);
    mc_json_parser_destroy(&self->parser);
    free(self->leftovers);
    free(self);
}

static bool
has_own(const missionctl_sender_t *self)
{
    return self->own && !missionctl_queue_is_empty(self->own);
}

/* Opens the next leftover that has something and that nobody else holds. */
static bool
has_leftover(missionctl_sender_t *self)
{
    for (;;) {
        if (self->leftover.fd != -1 && !missionctl_queue_is_empty(&self->leftover))
            return true;
        missionctl_queue_clear(&self->leftover);
        self->leftover.fd = -1;
        if (self->leftover_next == self->leftover_count)
            return false;
        const char *path = self->leftovers[self->leftover_next++].text;
        if (missionctl_queue_open(&self->leftover, path) != 0)
            self->leftover.fd = -1;
    }
}

static size_t
count_lines(mc_text_t text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

static void
begin(missionctl_sender_t *self)
{
    self->sending = has_own(self) ? self->own : has_leftover(self) ? &self->leftover : NULL;
    if (!self->sending || mc_clock_steady_us() < self->due_us)
        return;
    mc_buffer_reset(&self->batch);
    mc_buffer_reset(&self->answer);
    if (missionctl_queue_peek(self->sending, MISSIONCTL_BATCH_BYTES, self->lines_most,
                              &self->batch) == -1) {
        missionctl_queue_advance(self->sending,
                                 (size_t)(self->sending->tail - self->sending->head));
        return;
    }
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDS, self->batch.data);
    curl_easy_setopt(self->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)self->batch.size);
    self->is_under_way = curl_multi_add_handle(self->multi, self->curl) == CURLM_OK;
}

/* {"accepted", "duplicates", "rejected": [{"index", "code", "message"}]} */
static void
count_rejections(missionctl_sender_t *self)
{
    mc_json_t root, rejected, first, message;
    mc_refusal_t refusal;
    mc_text_t key;
    bool has_list =
        mc_json_parse(self->parser, mc_buffer_content(&self->answer), &root, &refusal) == 0 &&
        mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, "rejected", &rejected) &&
        mc_json_kind(rejected) == MC_JSON_ARRAY;
    size_t count = has_list ? mc_json_count(rejected) : 0;
    if (!count)
        return;
    mc_json_iter_t iter = mc_json_iter(rejected);
    self->report.refused += count;
    self->report.delivered -= count;
    if (!self->report.refusal[0] && mc_json_next(&iter, &key, &first) &&
        mc_json_kind(first) == MC_JSON_OBJECT && mc_json_find(first, "message", &message) &&
        mc_json_kind(message) == MC_JSON_STRING)
        snprintf(self->report.refusal, sizeof self->report.refusal, "%.*s",
                 MC_FMT(mc_json_text(message)));
}

static void
keep_answer(const missionctl_sender_t *self, long status, char ret_text[256])
{
    mc_text_t answer = mc_buffer_content(&self->answer);
    snprintf(ret_text, 256, "%.100s answered %ld: %.*s", self->url.text, status,
             (int)(answer.size < 120 ? answer.size : 120), answer.data ? answer.data : "");
}

static void
succeed(missionctl_sender_t *self)
{
    self->report.delivered += count_lines(mc_buffer_content(&self->batch));
    count_rejections(self);
    missionctl_queue_advance(self->sending, self->batch.size);
    self->report.failure[0] = '\0';
    self->report.is_locked_out = false;
    self->pause_ms = 0;
    self->due_us = 0;
    self->lines_most = MISSIONCTL_BATCH_LINES;
}

static void
retry(missionctl_sender_t *self, int64_t after_ms)
{
    self->pause_ms = self->pause_ms ? 2 * self->pause_ms : MISSIONCTL_RETRY_LEAST_MS;
    if (self->pause_ms > MISSIONCTL_RETRY_MOST_MS)
        self->pause_ms = MISSIONCTL_RETRY_MOST_MS;
    if (after_ms > MISSIONCTL_RETRY_AFTER_MOST_MS)
        after_ms = MISSIONCTL_RETRY_AFTER_MOST_MS;
    int64_t pause_ms = after_ms > 0 ? after_ms : self->pause_ms;
    self->due_us = mc_clock_steady_us() + pause_ms * 1000;
}

/* The batch as such is refused: halves of it may be taken. */
static void
divide(missionctl_sender_t *self, long status)
{
    size_t count = count_lines(mc_buffer_content(&self->batch));
    if (count > 1) {
        self->lines_most = count / 2;
        return;
    }
    if (!self->report.refusal[0])
        keep_answer(self, status, self->report.refusal);
    self->report.refused++;
    missionctl_queue_advance(self->sending, self->batch.size);
    self->lines_most = MISSIONCTL_BATCH_LINES;
}

static void
finish(missionctl_sender_t *self, CURLcode code)
{
    long status = 0;
    curl_off_t after_s = 0;
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(self->curl, CURLINFO_RETRY_AFTER, &after_s);
    curl_multi_remove_handle(self->multi, self->curl);
    self->is_under_way = false;
    if (code != CURLE_OK) {
        snprintf(self->report.failure, sizeof self->report.failure, "%.100s: %s", self->url.text,
                 curl_easy_strerror(code));
        retry(self, 0);
    } else if (status >= 200 && status < 300) {
        succeed(self);
    } else if (status == 400 || status == 413 || status == 415 || status == 422) {
        divide(self, status);
    } else {
        self->report.is_locked_out = status == 401 || status == 403;
        keep_answer(self, status, self->report.failure);
        retry(self, (int64_t)after_s * 1000);
    }
}

/* True when a request came to its end: the caller may be waiting for just that. */
static bool
go_on(missionctl_sender_t *self)
{
    int running = 0;
    int left = 0;
    if (!self->is_under_way)
        begin(self);
    curl_multi_perform(self->multi, &running);
    const CURLMsg *message = curl_multi_info_read(self->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return false;
    finish(self, message->data.result);
    return true;
}

/* Until the next try is due, when one is waiting. */
static int
limit_timeout(const missionctl_sender_t *self, int timeout_ms)
{
    if (self->is_under_way || !self->sending || missionctl_queue_is_empty(self->sending))
        return timeout_ms;
    int64_t left_ms = (self->due_us - mc_clock_steady_us()) / 1000 + 1;
    left_ms = left_ms < 0 ? 0 : left_ms;
    return left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

/* curl waits for its sockets and ours, but does not tell of a descriptor that only hung up: so
 * ours are looked at again. */
void
missionctl_sender_wait(missionctl_sender_t *self, struct pollfd *fds, size_t count, int timeout_ms)
{
    struct curl_waitfd watched[WATCHED_MAX];
    assert(count <= WATCHED_MAX);
    int most_ms = go_on(self) ? 0 : limit_timeout(self, timeout_ms);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (fds[i].fd >= 0)
            watched[used++] = (struct curl_waitfd){.fd = fds[i].fd, .events = fds[i].events};
    curl_multi_poll(self->multi, watched, (unsigned)used, most_ms, NULL);
    poll(fds, count, 0);
    (void)go_on(self);
}

bool
missionctl_sender_is_idle(const missionctl_sender_t *self)
{
    return !has_own(self) && !(self->is_under_way && self->sending == self->own);
}

bool
missionctl_sender_is_done(const missionctl_sender_t *self)
{
    bool has_open = self->leftover.fd != -1 && !missionctl_queue_is_empty(&self->leftover);
    return missionctl_sender_is_idle(self) && !self->is_under_way && !has_open &&
           self->leftover_next == self->leftover_count;
}

const missionctl_sender_report_t *
missionctl_sender_report(const missionctl_sender_t *self)
{
    return &self->report;
}
