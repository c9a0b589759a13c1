/*
 *  http_client - asking other HTTP servers, in a service's own loop
 */
#include "common/client/client.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/service.h"

#define KEPT_CONNECTIONS 64
#define CLOSING_ROUNDS_MAX 16 /* of calls begun by those that are told of the end */

/* Only in programs that have wiping_free. */
extern const bool mc_frees_wiped __attribute__((weak));

/* libcurl has the headers, and so the keys, in buffers of its own: it gives them back wiped. */
static void
wipe_free(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *
wipe_realloc(void *memory, size_t size)
{
    size_t old = memory ? malloc_usable_size(memory) : 0;
    if (size && size <= old)
        return memory;
    void *grown = malloc(size);
    if (grown && memory) {
        memcpy(grown, memory, old);
        wipe_free(memory);
    }
    return grown;
}

/* Where the program wipes whatever it frees, once is enough. */
static CURLcode
start_library(void)
{
    return &mc_frees_wiped ? curl_global_init(CURL_GLOBAL_DEFAULT)
                           : curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free,
                                                  wipe_realloc, strdup, calloc);
}

mc_http_client_t *
mc_http_client_new(mc_service_t *service)
{
    mc_http_client_t *self = calloc(1, sizeof *self);
    if (!self || start_library() != CURLE_OK)
        mc_fatal("libcurl does not start");
    self->service = service;
    LIST_INIT(&self->calls);
    TAILQ_INIT(&self->pieces);
    mc_http_drive_open(self);
    mc_http_client_limit(self, MC_HTTP_CALLS_MAX, KEPT_CONNECTIONS);
    return self;
}

void
mc_http_client_limit(mc_http_client_t *self, size_t calls_max, size_t kept_connections)
{
    self->calls_max = calls_max;
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, (long)kept_connections);
}

void
mc_http_call_forget(mc_http_call_t *call)
{
    mc_http_client_t *self = call->client;
    LIST_REMOVE(call, link);
    if (call->has_piece)
        TAILQ_REMOVE(&self->pieces, call, piece_link);
    self->call_count--;
    if (call->curl) {
        curl_multi_remove_handle(self->multi, call->curl);
        mc_http_handle_wipe(&call->handle);
        if (self->kept_count < MC_HTTP_KEPT_HANDLES && !call->is_spoiled)
            self->kept[self->kept_count++] = call->handle;
        else
            mc_http_handle_clear(&call->handle);
    }
    mc_buffer_clear(&call->answer);
    free(call);
}

void
mc_http_call_spoil(mc_http_call_t *call)
{
    call->is_spoiled = true;
}

mc_http_reply_t
mc_http_call_reply(mc_http_call_t *call)
{
    long status = 0;
    const char *content_type = NULL;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->curl, CURLINFO_CONTENT_TYPE, &content_type);
    curl_easy_getinfo(call->curl, CURLINFO_RETRY_AFTER, &retry_after);
    return (mc_http_reply_t){
        .status = (int)status,
        .content_type = mc_text(content_type),
        .retry_after_s = (int)retry_after,
        .call = call,
    };
}

static const char *
reason_of(const mc_http_call_t *call)
{
    if (call->answer.is_full)
        return "the answer is larger than the limit";
    return call->reason[0] ? call->reason : curl_easy_strerror(call->code);
}

void
mc_http_call_finish(mc_http_call_t *call)
{
    call->is_told = call->is_telling = true;
    if (call->code == CURLE_OK) {
        mc_http_reply_t reply = mc_http_call_reply(call);
        reply.body = mc_buffer_content(&call->answer);
        call->done(call->arg, &reply, NULL);
    } else {
        call->done(call->arg, NULL, reason_of(call));
    }
    mc_http_call_forget(call);
}

/* Fails all calls, or those that were too many. Who is told may start and end other calls, so
 * nothing is freed before all are told. */
static void
fail_calls(mc_http_client_t *self, bool is_too_many, const char *reason)
{
    mc_http_call_t *call, *next;
    LIST_FOREACH(call, &self->calls, link)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a forgotten one is in no list */
        if (call->is_told || (is_too_many && !call->is_too_many))
            continue;
        call->is_told = true;
        call->done(call->arg, NULL, reason ? reason : call->reason);
    }
    for (call = LIST_FIRST(&self->calls); call; call = next) {
        next = LIST_NEXT(call, link);
        if (call->is_told)
            mc_http_call_forget(call);
    }
}

void
mc_http_client_refuse_calls(mc_http_client_t *self)
{
    self->has_refused = false;
    fail_calls(self, true, NULL);
}

/* Who is told may ask again at once, and is told again; but not for ever. */
static void
end_calls(mc_http_client_t *self)
{
    for (int round = 0; round < CLOSING_ROUNDS_MAX && !LIST_EMPTY(&self->calls); round++)
        fail_calls(self, false, "the service is stopping");
    while (!LIST_EMPTY(&self->calls))
        mc_http_call_forget(LIST_FIRST(&self->calls)); /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* Those who are told may use the client: the owner's pointer is good until they have been. */
void
mc_http_client_destroy(mc_http_client_t **address)
{
    mc_http_client_t *self = *address;
    if (!self)
        return;
    end_calls(self);
    for (size_t i = 0; i < self->kept_count; i++)
        mc_http_handle_clear(&self->kept[i]);
    mc_http_drive_close(self);
    curl_global_cleanup();
    free(self);
    *address = NULL;
}

static void
refuse_later(mc_http_client_t *self, mc_http_call_t *call)
{
    call->is_too_many = self->has_refused = true;
    snprintf(call->reason, sizeof call->reason, "%zu calls are under way", self->calls_max);
    mc_http_drive_later(self);
}

static mc_http_call_t *
make_call(mc_http_client_t *self, const mc_http_question_t *question, mc_http_done_fn *done,
          void *arg)
{
    mc_http_call_t *call = calloc(1, sizeof *call);
    if (!call)
        mc_fatal("out of memory");
    call->client = self;
    call->piece = question->piece;
    call->done = done;
    call->arg = arg;
    size_t max = question->answer_bytes_max ? question->answer_bytes_max : MC_HTTP_ANSWER_BYTES_MAX;
    mc_buffer_init(&call->answer, question->piece ? MC_HTTP_ANSWER_BYTES_MAX : max);
    LIST_INSERT_HEAD(&self->calls, call, link);
    self->call_count++;
    return call;
}

mc_http_call_t *
mc_http_client_ask(mc_http_client_t *self, const mc_http_question_t *question,
                   mc_http_done_fn *done, void *arg)
{
    mc_http_call_t *call = make_call(self, question, done, arg);
    if (self->call_count > self->calls_max) {
        refuse_later(self, call);
        return call;
    }
    if (self->kept_count)
        call->handle = self->kept[--self->kept_count];
    else
        call->handle.curl = curl_easy_init();
    call->curl = call->handle.curl;
    if (!call->curl)
        mc_fatal("libcurl has no handle");
    mc_http_call_setup(call, question);
    curl_multi_add_handle(self->multi, call->curl);
    return call;
}

void
mc_http_client_cancel(mc_http_client_t *self, mc_http_call_t *call)
{
    (void)self;
    if (call->is_telling)
        call->is_cancelled = true;
    else
        mc_http_call_forget(call);
}

void
mc_http_client_hold(mc_http_client_t *self, mc_http_call_t *call)
{
    call->is_held = true;
    if (!call->has_piece)
        return;
    call->has_piece = false;
    TAILQ_REMOVE(&self->pieces, call, piece_link);
}

void
mc_http_client_go_on(mc_http_client_t *self, mc_http_call_t *call)
{
    if (!call->is_held)
        return;
    call->is_held = false;
    mc_http_drive_piece(call);
    mc_http_drive_later(self);
}

mc_text_t
mc_http_reply_header(const mc_http_reply_t *reply, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(reply->call->curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return (mc_text_t){0};
    return mc_text(header->value);
}

bool
mc_http_reply_next_header(const mc_http_reply_t *reply, void **at, mc_text_t *ret_name,
                          mc_text_t *ret_value)
{
    struct curl_header *header =
        curl_easy_nextheader(reply->call->curl, CURLH_HEADER, -1, (struct curl_header *)*at);
    *at = header;
    if (!header)
        return false;
    *ret_name = mc_text(header->name);
    *ret_value = mc_text(header->value);
    return true;
}
