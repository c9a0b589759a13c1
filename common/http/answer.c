/*
 *  answer - what is sent back
 *
 *  The calls of the header only fill request->answer and wake the connection;
 *  queue and write hand it over when the library is ready for it.
 */
#include "edge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/codec.h"

static const mc_http_pair_t always[] = {
    {{"X-Content-Type-Options", 22}, {"nosniff", 7}},
    {{"Referrer-Policy", 15}, {"no-referrer", 11}},
    {{"Cache-Control", 13}, {"no-store", 8}}, /* the last: left out where the route gave its own */
};

static size_t
always_count(const mc_http_answer_t *answer)
{
    return MC_COUNT(always) - (answer->has_cache_control ? 1 : 0);
}

/* A copy that cannot break out of its header. */
static mc_text_t
copy_value(mc_arena_t *arena, const char *value)
{
    char *copy = (char *)mc_arena_text(arena, mc_text(value)).data;
    size_t size = 0;
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at >= ' ')
            copy[size++] = *at;
    copy[size] = '\0';
    return (mc_text_t){copy, size};
}

void
mc_http_add_header(mc_http_request_t *request, const char *name, const char *value)
{
    mc_http_answer_t *answer = &request->answer;
    assert(answer->header_count < MC_HTTP_HEADERS_MAX);
    answer->headers[answer->header_count++] = (mc_http_pair_t){
        .name = mc_arena_text(request->arena, mc_text(name)),
        .value = copy_value(request->arena, value),
    };
    if (!strcasecmp(name, "Cache-Control"))
        answer->has_cache_control = true;
}

mc_text_t
mc_http_answer_header(const mc_http_request_t *request, const char *name)
{
    const mc_http_answer_t *answer = &request->answer;
    for (size_t i = 0; i < answer->header_count; i++)
        if (!strcasecmp(answer->headers[i].name.data, name))
            return answer->headers[i].value;
    return (mc_text_t){0};
}

void
mc_http_retry_after(mc_http_request_t *request, int seconds)
{
    char text[16];
    snprintf(text, sizeof text, "%d", seconds);
    mc_http_add_header(request, "Retry-After", text);
}

void
mc_http_answer_drop(mc_http_request_t *request)
{
    mc_http_answer_t *answer = &request->answer;
    mc_buffer_clear(&answer->content);
    request->edge->answers_bytes -= answer->content_bytes;
    mc_http_edge_count(request->edge, MC_HTTP_METRIC_answers, -(int64_t)answer->content_bytes);
    answer->content_bytes = 0;
    if (answer->fd != -1)
        close(answer->fd);
    answer->fd = -1;
    if (answer->stream) {
        answer->stream->peer = NULL;
        answer->stream->is_released = true;
        mc_http_stream_end(answer->stream);
    }
    answer->stream = NULL;
}

/* The answer is decided: who waits for it is woken. */
static void
decide(mc_http_request_t *request, int status, const char *content_type)
{
    assert(request->answer.status == 0);
    assert(request->stage != MC_HTTP_DONE);
    request->answer.status = status;
    request->answer.content_type = content_type;
    if (request->stage == MC_HTTP_DETACHED) {
        mc_http_request_give_back(request);
    } else if (request->stage == MC_HTTP_WAITING && !request->is_lost) {
        mc_http_peer_watch(request->peer, 0, NULL);
        mc_http_request_wake(request);
    }
}

void
mc_http_answer(mc_http_request_t *request, int status, const char *content_type,
               mc_buffer_t *content)
{
    mc_http_edge_t *edge = request->edge;
    request->answer.content = *content;
    request->answer.content_bytes = content->size;
    edge->answers_bytes += content->size;
    mc_http_edge_count(edge, MC_HTTP_METRIC_answers, (int64_t)content->size);
    mc_buffer_init(content, content->max);
    decide(request, status, content_type);
}

size_t
mc_http_answers_bytes(const mc_http_request_t *request)
{
    return request->edge->answers_bytes;
}

void
mc_http_answer_json(mc_http_request_t *request, int status, mc_buffer_t *content)
{
    mc_http_answer(request, status, "application/json", content);
}

void
mc_http_answer_empty(mc_http_request_t *request, int status)
{
    decide(request, status, NULL);
}

void
mc_http_answer_file(mc_http_request_t *request, const char *content_type, int fd, size_t size)
{
    request->answer.fd = fd;
    request->answer.file_size = size;
    decide(request, MHD_HTTP_OK, content_type);
}

mc_http_stream_t *
mc_http_answer_stream(mc_http_request_t *request, const char *content_type,
                      const mc_http_stream_calls_t *calls, void *arg)
{
    mc_http_stream_t *stream = calloc(1, sizeof *stream);
    if (!stream)
        mc_fatal("out of memory");
    stream->edge = request->edge;
    stream->peer = request->peer;
    stream->calls = *calls;
    stream->arg = arg;
    request->answer.stream = stream;
    mc_http_edge_count(request->edge, MC_HTTP_METRIC_streams, 1);
    decide(request, MHD_HTTP_OK, content_type);
    return stream;
}

static void
write_refusal(const mc_error_row_t *row, const mc_refusal_t *refusal, mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"error\":{\"code\":");
    mc_write_json_text(out, mc_text(row->name));
    mc_buffer_string(out, ",\"message\":");
    mc_write_json_text(out, mc_text(refusal->message));
    if (refusal->field[0]) {
        mc_buffer_string(out, ",\"details\":{\"field\":");
        mc_write_json_text(out, mc_text(refusal->field));
        mc_buffer_byte(out, '}');
    }
    mc_buffer_string(out, "}}");
}

void
mc_http_refuse(mc_http_request_t *request, const mc_refusal_t *refusal)
{
    const mc_error_row_t *row =
        mc_error_row(refusal->code ? (mc_error_code_t)refusal->code : MC_INTERNAL_ERROR);
    mc_http_edge_count(request->edge, MC_HTTP_METRIC_refused, 1);
    bool is_passing = row->http_status == MHD_HTTP_TOO_MANY_REQUESTS ||
                      row->http_status == MHD_HTTP_SERVICE_UNAVAILABLE;
    if (is_passing && !mc_http_answer_header(request, "Retry-After").size)
        mc_http_retry_after(request, 1);
    if (refusal->code == MC_UNAUTHENTICATED_ERROR)
        mc_http_add_header(request, "WWW-Authenticate", "Bearer");
    if (request->route && request->route->refuse && !request->is_refusing) {
        request->is_refusing = true;
        request->route->refuse(request, refusal);
        return;
    }
    mc_buffer_t content = {0};
    write_refusal(row, refusal, &content);
    mc_http_answer_json(request, row->http_status, &content);
}

void
mc_http_refuse_with(mc_http_request_t *request, mc_error_code_t code, const char *format, ...)
{
    mc_refusal_t refusal = {.code = code};
    va_list args;
    va_start(args, format);
    vsnprintf(refusal.message, sizeof refusal.message, format, args);
    va_end(args);
    mc_http_refuse(request, &refusal);
}

static struct MHD_Response *
make_response(mc_http_answer_t *answer)
{
    if (answer->stream)
        return mc_http_stream_response(mc_take(&answer->stream));
    if (answer->fd != -1) {
        int fd = answer->fd;
        answer->fd = -1;
        return MHD_create_response_from_fd64(answer->file_size, fd);
    }
    if (answer->content.size == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(
        answer->content.size, answer->content.data, free);
    mc_buffer_init(&answer->content, 0);
    return response;
}

enum MHD_Result
mc_http_answer_queue(mc_http_request_t *request)
{
    mc_http_answer_t *answer = &request->answer;
    struct MHD_Response *response = make_response(answer);
    if (!response)
        return MHD_NO;
    if (answer->content_type)
        MHD_add_response_header(response, "Content-Type", answer->content_type);
    for (size_t i = 0; i < always_count(answer); i++)
        MHD_add_response_header(response, always[i].name.data, always[i].value.data);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name.data,
                                answer->headers[i].value.data);
    enum MHD_Result result =
        MHD_queue_response(request->peer->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    request->stage = MC_HTTP_DONE;
    mc_http_request_drop_body(request);
    return result;
}

static void
write_head(const mc_http_answer_t *answer, mc_buffer_t *out)
{
    char date[64];
    time_t now = time(NULL);
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    mc_buffer_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\n", answer->status,
                     MHD_get_reason_phrase_for((unsigned)answer->status), date);
    mc_buffer_printf(out, "Content-Length: %zu\r\n", answer->content.size);
    if (answer->content_type)
        mc_buffer_printf(out, "Content-Type: %s\r\n", answer->content_type);
    for (size_t i = 0; i < always_count(answer); i++)
        mc_buffer_printf(out, "%s: %s\r\n", always[i].name.data, always[i].value.data);
    for (size_t i = 0; i < answer->header_count; i++)
        mc_buffer_printf(out, "%s: %s\r\n", answer->headers[i].name.data,
                         answer->headers[i].value.data);
    mc_buffer_string(out, "\r\n");
}

/* Nothing of this exchange was sent before, so it fits the socket's buffer; what does not is lost,
 * as the client is not listening. */
void
mc_http_answer_write(mc_http_request_t *request)
{
    mc_buffer_t out = {0};
    write_head(&request->answer, &out);
    mc_buffer_text(&out, mc_buffer_content(&request->answer.content));
    (void)!send(request->peer->fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    mc_buffer_clear(&out);
}
