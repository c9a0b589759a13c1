/*
 *  request - one exchange, as the library drives it
 *
 *  begin is called with the request line, handle first with the headers, then
 *  with each piece of the body, then once more when all is there and after every
 *  resume; complete is called in the end, however it ended.
 */
#include "edge.h"

#include <stdlib.h>
#include <sys/epoll.h>

#define RESERVED_BYTES_MAX ((size_t)1 << 20) /* of a body, on the word of its length alone */

/* The path and query of a target in any form: /path?query, http://host/path?query. */
static void
split_target(mc_http_request_t *self, mc_text_t *ret_query)
{
    const char *at = self->uri.data, *end = at + self->uri.size;
    const char *authority = self->uri.size && *at != '/' ? strstr(at, "://") : NULL;
    const char *slash = authority ? strchr(authority + 3, '/') : NULL;
    if (slash)
        at = slash;
    const char *mark = memchr(at, '?', (size_t)(end - at));
    self->path = (mc_text_t){at, (size_t)((mark ? mark : end) - at)};
    *ret_query = mark ? (mc_text_t){mark + 1, (size_t)(end - mark - 1)} : (mc_text_t){0};
}

void *
mc_http_request_begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
    mc_http_edge_t *edge = arg;
    mc_http_peer_t *peer = mc_http_peer_of(connection);
    mc_http_request_t *self = mc_http_request_take(edge);
    edge->is_busy = true;
    self->peer = peer;
    self->uri = mc_arena_text(self->arena, mc_text(uri));
    peer->request = self;
    mc_http_peer_expect(peer, &edge->receiving);
    return self;
}

/* The most that is read of the body of this request. */
static size_t
body_limit(const mc_http_request_t *self)
{
    if (!self->answer.status && self->route && self->route->body_bytes_max)
        return self->route->body_bytes_max;
    return MC_HTTP_IGNORED_BYTES_MAX;
}

static bool
wants_body(const mc_http_request_t *self)
{
    return !self->answer.status && self->route && self->route->body_bytes_max;
}

/* Would size more bytes be too many, for this request or for all together? */
static int
check_room(const mc_http_request_t *self, size_t size, mc_refusal_t *refusal)
{
    size_t limit = body_limit(self);
    if (size > limit || self->body_bytes > limit - size)
        return mc_refuse(refusal, MC_TOO_LARGE_ERROR, NULL,
                         "the body has more than %zu bytes, the limit of this endpoint", limit);
    const mc_http_edge_t *edge = self->edge;
    size_t most = edge->limits.bodies_bytes_max;
    if (wants_body(self) && (size > most || edge->bodies_bytes > most - size))
        return mc_refuse(refusal, MC_TOO_BUSY_ERROR, NULL,
                         "requests under way hold %zu of %zu bytes, no room for %zu more",
                         edge->bodies_bytes, most, size);
    return 0;
}

static int
authorize(mc_http_request_t *self, mc_refusal_t *refusal)
{
    const mc_http_edge_t *edge = self->edge;
    if (!edge->authorize)
        return 0;
    return edge->authorize(edge->state, self, self->route->role, refusal);
}

/* Everything that can be said before the body: 0, or why it is refused. An OPTIONS is answered. */
static int
check_headers(mc_http_request_t *self, size_t length, mc_refusal_t *refusal)
{
    mc_text_t query;
    split_target(self, &query);
    if (mc_http_find_route(self, refusal) != 0)
        return MC_REFUSED;
    if (self->answer.status)
        return 0;
    if (mc_http_decode_query(self, query, refusal) != 0)
        return MC_REFUSED;
    if (authorize(self, refusal) != 0)
        return MC_REFUSED;
    return check_room(self, length, refusal);
}

/* The library has refused what is no number; one beyond 64 bits too. */
static size_t
read_length(mc_text_t digits)
{
    size_t length = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || length > SIZE_MAX / 10 - 10)
            return SIZE_MAX;
        length = length * 10 + (size_t)(digits.data[i] - '0');
    }
    return length;
}

/* An answer that is decided before the body waits for a small body, so that the connection can be
 * used again; a large one is not waited for. */
static bool
must_answer_early(const mc_http_request_t *self, size_t length)
{
    return length > MC_HTTP_IGNORED_BYTES_MAX || mc_http_header(self, "Expect").size > 0;
}

static enum MHD_Result
answer_early(mc_http_request_t *self)
{
    self->peer->must_linger = true;
    mc_http_peer_expect(self->peer, NULL);
    return mc_http_answer_queue(self);
}

static enum MHD_Result
on_headers(mc_http_request_t *self, const char *method)
{
    mc_text_t digits = {0};
    bool is_chunked = false;
    mc_refusal_t refusal = {0};
    self->stage = MC_HTTP_BODY;
    mc_http_edge_count(self->edge, MC_HTTP_METRIC_requests, 1);
    strncat(self->method, method, sizeof self->method - 1);
    if (mc_http_guard(self->peer->connection, &digits, &is_chunked, &refusal) != 0) {
        mc_http_refuse(self, &refusal);
        return answer_early(self);
    }
    size_t length = read_length(digits);
    if (check_headers(self, length, &refusal) != 0)
        mc_http_refuse(self, &refusal);
    if (self->answer.status && must_answer_early(self, length))
        return answer_early(self);
    if (wants_body(self) && length > 0 && length <= RESERVED_BYTES_MAX)
        (void)mc_buffer_room(&self->body, length);
    return MHD_YES;
}

/* In the middle of a body the library takes no answer: it is written, and the connection closed. */
static enum MHD_Result
refuse_rest(mc_http_request_t *self, const mc_refusal_t *refusal)
{
    if (!self->answer.status)
        mc_http_refuse(self, refusal);
    self->peer->must_linger = true;
    mc_http_answer_write(self);
    return MHD_NO;
}

static enum MHD_Result
on_body(mc_http_request_t *self, mc_text_t piece)
{
    mc_refusal_t refusal = {0};
    if (check_room(self, piece.size, &refusal) != 0)
        return refuse_rest(self, &refusal);
    self->body_bytes += piece.size;
    if (!wants_body(self))
        return MHD_YES;
    mc_buffer_text(&self->body, piece);
    self->edge->bodies_bytes += piece.size;
    mc_http_edge_count(self->edge, MC_HTTP_METRIC_bodies, (int64_t)piece.size);
    return MHD_YES;
}

/* The client of a waiting request left. */
static void
on_lost(mc_http_watch_t *watch, uint32_t events)
{
    (void)events;
    mc_http_request_t *self = (mc_http_request_t *)watch;
    assert(self->stage == MC_HTTP_WAITING);
    mc_http_peer_watch(self->peer, 0, NULL);
    self->is_lost = true;
    mc_http_request_wake(self);
}

void
mc_http_request_wake(mc_http_request_t *self)
{
    if (self->is_suspended)
        MHD_resume_connection(self->peer->connection);
    self->is_suspended = false;
    mc_http_edge_run_later(self->edge);
}

void
mc_http_request_put_away(mc_http_request_t *self)
{
    self->edge->at_hand_count -= self->is_at_hand;
    self->is_at_hand = false;
}

/* As long as it is at hand, each run of the library looks whether there is an answer: cheaper than
 * to suspend and to resume it, two calls of the kernel each, but only for a while. */
static bool
may_stay_at_hand(mc_http_request_t *self)
{
    mc_http_edge_t *edge = self->edge;
    if (self->is_at_hand)
        return ++self->runs_at_hand < MC_HTTP_RUNS_AT_HAND_MAX;
    if (edge->at_hand_count >= edge->limits.at_hand_max)
        return false;
    edge->at_hand_count++;
    self->runs_at_hand = 0;
    return self->is_at_hand = true;
}

/* The library does not read from it meanwhile, so we watch it: for a reset, and where somebody
 * wants to be told, for the end of what the client sends. */
static enum MHD_Result
wait_for_answer(mc_http_request_t *self)
{
    if (self->stage != MC_HTTP_WAITING) {
        self->stage = MC_HTTP_WAITING;
        self->watch.ready = on_lost;
        mc_http_peer_watch(self->peer, self->gone ? EPOLLRDHUP : 0, &self->watch);
    }
    if (may_stay_at_hand(self))
        return MHD_YES;
    mc_http_request_put_away(self);
    self->is_suspended = true;
    MHD_suspend_connection(self->peer->connection);
    return MHD_YES;
}

/* All is there, or the connection was resumed. */
static enum MHD_Result
on_whole(mc_http_request_t *self)
{
    if (self->is_lost)
        return MHD_NO;
    if (self->stage == MC_HTTP_BODY && !self->answer.status) {
        mc_http_peer_expect(self->peer, NULL);
        self->stage = MC_HTTP_ROUTED;
        self->route->call(self->edge->state, self);
    }
    if (!self->answer.status)
        return wait_for_answer(self);
    mc_http_request_put_away(self);
    mc_http_peer_expect(self->peer, NULL);
    return mc_http_answer_queue(self);
}

enum MHD_Result
mc_http_request_handle(void *edge, struct MHD_Connection *connection, const char *url,
                       const char *method, const char *version, const char *data, size_t *size,
                       void **context)
{
    (void)connection, (void)url, (void)version;
    mc_http_request_t *self = *context;
    if (!self)
        return MHD_NO;
    bool is_only_looked_at = self->is_at_hand && !self->answer.status && !self->is_lost;
    if (!is_only_looked_at)
        ((mc_http_edge_t *)edge)->is_busy = true;
    if (self->stage == MC_HTTP_HEADERS)
        return on_headers(self, method);
    if (*size == 0)
        return on_whole(self);
    mc_text_t piece = {data, *size};
    *size = 0;
    return on_body(self, piece);
}

/* The route was still to answer: it is told, or its answer will go nowhere. */
static void
detach(mc_http_request_t *self)
{
    self->peer = NULL;
    self->stage = MC_HTTP_DETACHED;
    mc_http_edge_count(self->edge, MC_HTTP_METRIC_gone, 1);
    if (!self->gone)
        return;
    self->gone(self->gone_arg);
    mc_http_request_give_back(self);
}

void
mc_http_request_complete(void *edge, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    mc_http_request_t *self = *context;
    *context = NULL;
    if (!self)
        return;
    mc_http_peer_t *peer = self->peer;
    ((mc_http_edge_t *)edge)->is_busy = true;
    mc_http_request_put_away(self);
    peer->request = NULL;
    mc_http_peer_expect(peer, &((mc_http_edge_t *)edge)->idle);
    if (self->stage == MC_HTTP_WAITING && !self->answer.status) {
        mc_http_peer_watch(peer, 0, NULL);
        detach(self);
        return;
    }
    mc_http_request_give_back(self);
}
