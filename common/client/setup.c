/*
 *  setup - everything that libcurl must know of a question
 */
#include "client.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>

#define PAGE_BYTES ((size_t)4096)
#define RECEIVE_BYTES 8192L                /* libcurl takes and gives them back with each call */
#define LARGE_BODY_BYTES ((size_t)1 << 19) /* libcurl takes a megabyte for one */

#define AGENT "User-Agent:"
#define HEADERS_OF_OURS_MAX 3

/* Those that are ours: few, as libcurl goes through all of them a dozen times. It would tell its
 * own agent by printing it three times. */
static size_t
choose_headers(const mc_http_question_t *question, const char *ret_headers[HEADERS_OF_OURS_MAX])
{
    size_t count = 0;
    bool has_agent = false;
    for (const char *const *header = question->headers; header && *header; header++)
        has_agent = has_agent || !strncasecmp(*header, AGENT, sizeof AGENT - 1);
    ret_headers[count++] = "Accept-Encoding:"; /* decoded, but not asked for */
    if (!has_agent)
        ret_headers[count++] = AGENT " mission-control";
    if (question->body.size >= LARGE_BODY_BYTES)
        ret_headers[count++] = "Expect:"; /* else it waits a second for 100 Continue */
    return count;
}

static size_t
count_headers(const mc_http_question_t *question, const char *const *ours, size_t ours_count,
              size_t *ret_bytes)
{
    size_t count = ours_count;
    *ret_bytes = 0;
    for (size_t i = 0; i < ours_count; i++)
        *ret_bytes += strlen(ours[i]) + 1;
    for (const char *const *header = question->headers; header && *header; header++, count++)
        *ret_bytes += strlen(*header) + 1;
    return count;
}

static char *
add_header(struct curl_slist *node, char *at, const char *header)
{
    size_t size = strlen(header) + 1;
    memcpy(at, header, size);
    node->data = at;
    node->next = node + 1;
    return at + size;
}

static void
give_headers_back(mc_http_handle_t *self)
{
    mc_http_handle_wipe(self);
    if (self->headers)
        munmap(self->headers, self->headers_room);
    self->headers = NULL;
    self->headers_room = 0;
}

/* Locked as far as the limit of the process goes; left out of dumps always. */
static void
make_room(mc_http_handle_t *self, size_t bytes)
{
    if (bytes <= self->headers_room)
        return;
    give_headers_back(self);
    self->headers_room = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    void *room =
        mmap(NULL, self->headers_room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || madvise(room, self->headers_room, MADV_DONTDUMP) == -1)
        mc_fatal("no memory that dumps leave out");
    (void)mlock(room, self->headers_room);
    self->headers = room;
}

void
mc_http_handle_wipe(mc_http_handle_t *self)
{
    if (self->headers)
        explicit_bzero(self->headers, self->headers_bytes);
    self->headers_bytes = 0;
}

/* libcurl only reads the list, so its nodes and texts can be one block. */
static void
set_headers(mc_http_call_t *call, const mc_http_question_t *question)
{
    mc_http_handle_t *handle = &call->handle;
    const char *ours[HEADERS_OF_OURS_MAX];
    size_t bytes, i = 0;
    size_t ours_count = choose_headers(question, ours);
    size_t count = count_headers(question, ours, ours_count, &bytes);
    bytes += count * sizeof *handle->headers;
    make_room(handle, bytes);
    handle->headers_bytes = bytes;
    char *at = (char *)(handle->headers + count);
    for (; i < ours_count; i++)
        at = add_header(&handle->headers[i], at, ours[i]);
    for (const char *const *header = question->headers; header && *header; header++, i++)
        at = add_header(&handle->headers[i], at, *header);
    handle->headers[count - 1].next = NULL;
    curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, handle->headers);
}

static void
set_limits(CURL *curl, const mc_http_question_t *question)
{
    long connect_ms = question->connect_timeout_ms;
    long call_ms = question->timeout_ms;
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms ? connect_ms : MC_HTTP_CONNECT_MS);
    if (call_ms != -1)
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call_ms ? call_ms : MC_HTTP_CALL_MS);
    if (question->silence_timeout_s) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)question->silence_timeout_s);
    }
}

static void
set_body(CURL *curl, const mc_http_question_t *question)
{
    bool is_post = question->method && !strcmp(question->method, "POST");
    if (question->body.size || is_post) {
        CURLoption option = question->is_body_lent ? CURLOPT_POSTFIELDS : CURLOPT_COPYPOSTFIELDS;
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question->body.size);
        curl_easy_setopt(curl, option, question->body.size ? question->body.data : "");
    }
    if (question->method && !strcmp(question->method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (question->method && !is_post)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
}

static size_t
on_bytes(char *data, size_t unit, size_t count, void *arg)
{
    mc_http_call_t *call = arg;
    if (call->piece && call->answer.size >= MC_HTTP_PIECE_BYTES) {
        call->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    mc_buffer_append(&call->answer, data, unit * count);
    if (call->piece)
        mc_http_drive_piece(call);
    return call->answer.is_full ? 0 : unit * count;
}

void
mc_http_handle_clear(mc_http_handle_t *self)
{
    curl_easy_cleanup(self->curl);
    curl_url_cleanup(self->parts);
    give_headers_back(self);
    free(self->url);
    *self = (mc_http_handle_t){0};
}

static bool
is_usual(const mc_http_question_t *question)
{
    return question->piece && question->is_body_lent && question->timeout_ms == -1 &&
           question->silence_timeout_s == 0 && question->method &&
           !strcmp(question->method, "POST");
}

/* Without one named by the environment, libcurl need not look for it with each call. */
static bool
has_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
    for (size_t i = 0; i < MC_COUNT(names); i++)
        if (getenv(names[i]))
            return true;
    return false;
}

/* What all calls have. */
static void
set_always(mc_http_call_t *call)
{
    CURL *curl = call->curl;
    if (!has_proxy())
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, mc_http_drive_close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, call->client);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, ""); /* decoded, also when not asked for */
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
}

/* Given as text alone, it would be parsed and printed again for each call. What cannot be parsed is
 * left to libcurl, which says why. */
static void
set_url(mc_http_call_t *call, const char *url)
{
    mc_http_handle_t *handle = &call->handle;
    if (handle->url && !strcmp(handle->url, url))
        return;
    free(handle->url);
    handle->url = strdup(url);
    CURLU *parts = curl_url();
    if (!handle->url || !parts)
        mc_fatal("out of memory");
    if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(parts);
        parts = NULL;
    }
    curl_easy_setopt(call->curl, CURLOPT_URL, url);
    curl_easy_setopt(call->curl, CURLOPT_CURLU, parts);
    curl_url_cleanup(handle->parts);
    handle->parts = parts;
}

void
mc_http_call_setup(mc_http_call_t *call, const mc_http_question_t *question)
{
    mc_http_handle_t *handle = &call->handle;
    bool is_like_before = handle->is_usual && is_usual(question) &&
                          handle->connect_ms == question->connect_timeout_ms;
    if (!is_like_before) {
        curl_easy_reset(handle->curl);
        free(mc_take(&handle->url));
        set_always(call);
        set_limits(handle->curl, question);
    }
    handle->is_usual = is_usual(question);
    handle->connect_ms = question->connect_timeout_ms;
    set_url(call, question->url);
    curl_easy_setopt(handle->curl, CURLOPT_PRIVATE, call);
    curl_easy_setopt(handle->curl, CURLOPT_ERRORBUFFER, call->reason);
    curl_easy_setopt(handle->curl, CURLOPT_WRITEDATA, call);
    set_headers(call, question);
    set_body(handle->curl, question);
}
