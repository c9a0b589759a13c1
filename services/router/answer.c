/*
 *  answer - an answer that is no stream, judged and passed on
 */
#include "services/router/call.h"

#include <stdio.h>

#include "common/clock.h"

void
router_answer_forget(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    self->router->collected_bytes -= attempt->collected_bytes;
    attempt->collected_bytes = 0;
    mc_buffer_clear(&attempt->answer);
}

/* Here is no room for the answer, which is nobody's fault; it may come again. */
static void
refuse_for_room(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    mc_refusal_t refusal;
    mc_refusal_fill(&refusal, MC_TOO_BUSY_ERROR, NULL,
                    "answers under way have more than %lld bytes together "
                    "(AOP_ROUTER_ANSWERS_BYTES_MAX)",
                    (long long)self->router->settings->router_answers_bytes_max);
    mc_http_client_cancel(self->router->client, mc_take(&attempt->http));
    router_watch_estimate(&attempt->watch, self->scan.input_tokens);
    router_attempt_end(self, ROUTER_FAULT_CLIENT, mc_text(refusal.message), 0);
    router_call_tell_end(self, "failed", mc_text(refusal.message));
    router_call_refuse(self, &refusal);
}

void
router_answer_take(router_call_t *self, mc_text_t bytes)
{
    router_t *router = self->router;
    size_t most = (size_t)router->settings->router_answers_bytes_max;
    size_t used = router->collected_bytes + mc_http_answers_bytes(self->request);
    if (used > most || bytes.size > most - used) {
        refuse_for_room(self);
        return;
    }
    mc_buffer_text(&self->attempt.answer, bytes);
    self->attempt.collected_bytes += bytes.size;
    router->collected_bytes += bytes.size;
    if (self->attempt.answer.is_full)
        router_attempt_fail_wire(self, false, "its answer is larger than the limit");
}

static bool
is_json_type(mc_text_t type)
{
    return type.size && memmem(type.data, type.size, "json", 4);
}

static router_retry_words_t
retry_words(const mc_http_reply_t *reply)
{
    return (router_retry_words_t){
        .retry_after = mc_http_reply_header(reply, "retry-after"),
        .retry_after_ms = mc_http_reply_header(reply, "retry-after-ms"),
        .should_retry = mc_http_reply_header(reply, "x-should-retry"),
    };
}

static const char *
copy_word(mc_arena_t *arena, const char *word)
{
    return word ? mc_arena_text(arena, mc_text(word)).data : NULL;
}

/* The texts of an error are lent by the parser: they are kept. */
static void
keep_error(router_call_t *self, router_error_t *error)
{
    error->type = copy_word(self->arena, error->type);
    error->code = copy_word(self->arena, error->code);
    error->param = copy_word(self->arena, error->param);
    error->message = mc_arena_text(self->arena, error->message);
    error->request_id = mc_text(self->id);
}

/* Passed on as it came: where the client speaks the provider's dialect and the words are JSON. A
 * fault of the key is ours, and told in our words. */
static bool
may_pass_on(const router_call_t *self, const mc_http_reply_t *reply, router_fault_t fault)
{
    return self->attempt.dialect == self->dialect && reply->status >= 400 &&
           fault != ROUTER_FAULT_KEY && is_json_type(reply->content_type);
}

/* An answer whose status, or whose body, says that it is none. */
static void
fail(router_call_t *self, const mc_http_reply_t *reply)
{
    router_attempt_t *attempt = &self->attempt;
    router_failure_t failure = {.status = reply->status, .content_type = "application/json"};
    router_retry_words_t words = retry_words(reply);
    router_error_read(attempt->dialect, self->router->parser, mc_buffer_content(&attempt->answer),
                      &failure.error);
    if (reply->status >= 400)
        failure.error.status = reply->status;
    else if (failure.error.status < 400)
        failure.error.status = 502;
    keep_error(self, &failure.error);
    failure.verdict = router_fault_of_answer(failure.error.status, &failure.error, &words);
    if (may_pass_on(self, reply, failure.verdict.fault))
        failure.body = mc_arena_text(self->arena, mc_buffer_content(&attempt->answer));
    router_error_map(attempt->dialect, self->dialect, &failure.error);
    router_attempt_fail(self, &failure);
}

static void
send_answer(router_call_t *self, mc_buffer_t *content)
{
    mc_http_request_t *request = self->request;
    router_attempt_end(self, ROUTER_FAULT_NONE, (mc_text_t){0}, 0);
    router_call_tell_end(self, "completed", (mc_text_t){0});
    router_head_add(self);
    self->request = NULL;
    mc_http_answer(request, 200, "application/json", content);
    router_call_destroy(&self);
}

void
router_answer_local(router_call_t *self)
{
    mc_http_request_t *request = mc_take(&self->request);
    mc_buffer_t *content = &self->attempt.body;
    router_attempt_end(self, ROUTER_FAULT_CLIENT, (mc_text_t){0}, 0); /* says nothing of the lane */
    self->attempts = 0;
    router_call_tell_end(self, "completed", (mc_text_t){0});
    self->request = request;
    router_head_add(self);
    self->request = NULL;
    mc_http_answer(request, 200, "application/json", content);
    router_call_destroy(&self);
}

static void
remember_thread(router_call_t *self)
{
    const router_watch_t *watch = &self->attempt.watch;
    if (self->attempt.dialect == ROUTER_RESPONSES && watch->response_id[0])
        router_affinity_share_put(self->router->affinity_share, mc_text(watch->response_id),
                                  self->attempt.model->provider->name);
}

static void
pass_on(router_call_t *self)
{
    router_attempt_t *attempt = &self->attempt;
    mc_buffer_t content = {0};
    mc_refusal_t refusal;
    attempt->first_content_us = attempt->first_byte_us;
    remember_thread(self);
    if (!attempt->translation) {
        send_answer(self, &attempt->answer);
        return;
    }
    if (router_translation_answer(attempt->translation, self->router->parser,
                                  mc_buffer_content(&attempt->answer), &content, &refusal) == 0) {
        send_answer(self, &content);
        return;
    }
    mc_buffer_clear(&content);
    router_attempt_fail_wire(self, false, refusal.message);
}

void
router_answer_whole(router_call_t *self, const mc_http_reply_t *reply)
{
    router_attempt_t *attempt = &self->attempt;
    mc_refusal_t refusal;
    if (!attempt->first_byte_us)
        router_head_keep(self, reply);
    if (reply->status < 200 || reply->status >= 300) {
        fail(self, reply);
    } else if (router_watch_body(&attempt->watch, self->router->parser,
                                 mc_buffer_content(&attempt->answer), &refusal) != 0) {
        router_attempt_fail_wire(self, false, refusal.message);
    } else if (attempt->watch.has_error) {
        fail(self, reply);
    } else if (self->scan.is_stream) {
        router_attempt_fail_wire(self, false, "it answered a request for a stream without one");
    } else {
        pass_on(self);
    }
}
