/*
 *  http_edge - HTTP/1.1 in a service's own loop
 *
 *  A table of routes; a request is handed over when its body is whole, and is
 *  answered now or later. Streams are answers without an end. libmicrohttpd
 *  with its epoll descriptor in the loop; no thread. Requests that two parsers
 *  could read differently (both Content-Length and Transfer-Encoding, or one of
 *  them twice, or an unknown coding) are refused and closed.
 *
 *  Bounds: header 16 KiB, 64 query parameters, body by route, all bodies
 *  together, connections in all and by address, time to send a request, 75 s
 *  between two requests, 90 s for a peer that takes nothing. Refusals are
 *  {"error": {"code", "message", "details"?}} unless the route has its own form;
 *  only what the library itself cannot parse is refused in its words.
 */
#ifndef MC_COMMON_HTTP_EDGE_H
#define MC_COMMON_HTTP_EDGE_H

#include <sys/types.h>

#include "common/metrics.h"
#include "proto/arena.h"
#include "proto/buffer.h"
#include "proto/proto.h"

#define MC_HTTP_HEADER_BYTES_MAX 16384
#define MC_HTTP_QUERY_MAX 64   /* parameters of one query */
#define MC_HTTP_PARAMS_MAX 8   /* parts of one path */
#define MC_HTTP_HEADERS_MAX 48 /* that one answer adds */
#define MC_HTTP_IDLE_S 75      /* between two requests of a connection */

#define MC_HTTP_METRICS(METRIC)                                                                    \
    METRIC(requests, COUNTER, "", "Requests whose headers came")                                   \
    METRIC(refused, COUNTER, "", "Requests that were refused, by the edge or by their route")      \
    METRIC(too_slow, COUNTER, "", "Connections cut because a request took too long to arrive")     \
    METRIC(gone, COUNTER, "", "Requests whose client left before the answer")                      \
    METRIC(connections, GAUGE, "", "Connections open")                                             \
    METRIC(streams, GAUGE, "", "Streams open")                                                     \
    METRIC(bodies, GAUGE, "bytes", "Bodies of requests under way")                                 \
    METRIC(answers, GAUGE, "bytes", "Whole answers that clients have not taken yet")

typedef struct mc_service mc_service_t;
typedef struct mc_http_edge mc_http_edge_t;
typedef struct mc_http_request mc_http_request_t;

/* Lives until answered; then gone. state is the service's. A client that went away takes the
 * request with it only where mc_http_on_gone was called; else it is answered as always, into the
 * void. */
typedef void mc_http_route_fn(void *state, mc_http_request_t *request);

/* Gives a refusal its own form (OTLP's Status); NULL: the product's JSON. */
typedef void mc_http_refuse_fn(mc_http_request_t *request, const mc_refusal_t *refusal);

typedef struct {
    const char *method; /* "GET" also answers HEAD */
    const char *path;   /* "/api/v1/runs/{id}": one {name} matches one segment, a last one "*" the
                           rest */
    mc_role_t role;     /* the least that may call; MC_ROLE_NONE: anybody */
    mc_http_route_fn *call;
    size_t body_bytes_max; /* 0: no body is expected, 64 KiB is read and ignored */
    mc_http_refuse_fn *refuse;
    const char *doc;
} mc_http_route_t;

typedef struct {
    size_t bodies_bytes_max;         /* of all requests under way; default 64 MiB */
    int connections_max;             /* default 4096 */
    int connections_per_address_max; /* default 0: no limit of its own */
    int request_timeout_s;           /* for header and body to arrive; default 30 */
    size_t connection_bytes;         /* header, and pieces read and written; default 32 KiB */
    size_t at_hand_max; /* waiting requests that are not suspended at once, which is cheaper for
                           answers that come soon; default 0. Not where files are answered */
} mc_http_limits_t;

/* Says who calls: fills role and name of the caller (mc_http_set_caller) and returns 0, or
 * MC_REFUSED. Called before the body is read. May look only at headers. */
typedef int mc_http_authorize_fn(void *state, mc_http_request_t *request, mc_role_t least,
                                 mc_refusal_t *refusal);

/* Opens the port; a port in use fails with a reason that names the port, its setting and what to
 * do. routes end in a zero row and are lent. */
mc_http_edge_t *mc_http_edge_new(mc_service_t *service, const char *address, int port,
                                 const char *port_variable, const mc_http_route_t *routes,
                                 const mc_http_limits_t *limits);
/* state and authorize for the callbacks; before the first request. */
void mc_http_edge_bind(mc_http_edge_t *self, void *state, mc_http_authorize_fn *authorize);
/* Ends every connection: gone and closed are called for what is open, so the state must still be
 * there. Requests that nobody was told of may still be answered. */
void mc_http_edge_close(mc_http_edge_t *self);
/* After this nothing may be answered: destroy it after the state. */
void mc_http_edge_destroy(mc_http_edge_t **address);

/* Its own numbers, by the rows of MC_HTTP_METRICS. */
const mc_metrics_t *mc_http_edge_metrics(const mc_http_edge_t *self);

/* What was asked; all lent as long as the request lives. Empty when absent; params and query are
 * UTF-8 without NUL. Headers, cookies and peer are gone when the client is. */
mc_text_t mc_http_method(const mc_http_request_t *request);
mc_text_t mc_http_path(const mc_http_request_t *request);
/* A part of the path, decoded; "*" is the rest, as it came. */
mc_text_t mc_http_param(const mc_http_request_t *request, const char *name);
mc_text_t mc_http_query(const mc_http_request_t *request, const char *name); /* decoded */
mc_text_t mc_http_header(const mc_http_request_t *request, const char *name);
mc_text_t mc_http_cookie(const mc_http_request_t *request, const char *name);
mc_text_t mc_http_body(const mc_http_request_t *request);
mc_text_t mc_http_peer(const mc_http_request_t *request); /* address, no port */
mc_arena_t *mc_http_arena(mc_http_request_t *request);
const mc_http_route_t *mc_http_route(const mc_http_request_t *request);

/* Tells every header of the request, as it came. */
typedef void mc_http_header_fn(void *arg, mc_text_t name, mc_text_t value);
void mc_http_each_header(const mc_http_request_t *request, mc_http_header_fn *header, void *arg);

/* Every query parameter in turn: while (mc_http_query_next(request, &at, &name, &value)). */
bool mc_http_query_next(const mc_http_request_t *request, size_t *at, mc_text_t *ret_name,
                        mc_text_t *ret_value);

/* Who calls, as authorize found; and a pointer of the service's own. */
void mc_http_set_caller(mc_http_request_t *request, mc_role_t role, mc_text_t name);
mc_role_t mc_http_role(const mc_http_request_t *request);
mc_text_t mc_http_caller(const mc_http_request_t *request);

/* Headers of the answer to come; values are copied without control characters. Every answer has
 * nosniff, no-referrer and Cache-Control: no-store; a Cache-Control given here replaces it. */
void mc_http_add_header(mc_http_request_t *request, const char *name, const char *value);

/* A header that was added, lent; empty when it was not. */
mc_text_t mc_http_answer_header(const mc_http_request_t *request, const char *name);

/* Each of these ends the request. content is taken: its memory moves, the buffer is left empty;
 * content_type is text that stays; a file is closed when sent. A refusal that is worth repeating
 * gets Retry-After: 1 by itself. */
void mc_http_answer(mc_http_request_t *request, int status, const char *content_type,
                    mc_buffer_t *content);
void mc_http_answer_json(mc_http_request_t *request, int status, mc_buffer_t *content);
void mc_http_answer_empty(mc_http_request_t *request, int status);
void mc_http_answer_file(mc_http_request_t *request, const char *content_type, int fd, size_t size);
void mc_http_refuse(mc_http_request_t *request, const mc_refusal_t *refusal);
/* The same, made here: mc_http_refuse_with(request, MC_NOT_FOUND_ERROR, "no run %s", id). */
void mc_http_refuse_with(mc_http_request_t *request, mc_error_code_t code, const char *format, ...)
    MC_PRINTF(3, 4);
/* Bytes of whole answers of this edge, to any request, that clients have not taken yet. */
size_t mc_http_answers_bytes(const mc_http_request_t *request);
/* Adds Retry-After before a refusal. */
void mc_http_retry_after(mc_http_request_t *request, int seconds);

/* A stream: read is asked for more whenever the peer has room. It writes up to max bytes and
 * returns how many; 0 waits for mc_http_stream_wake; -1 ends the stream; MC_HTTP_STREAM_BROKEN
 * closes the connection behind what was sent, so that no client takes it for whole. closed is
 * called once, at the end, also when the peer left. The request is gone; the stream is lent until
 * closed. */
#define MC_HTTP_STREAM_BROKEN (-2)
typedef struct mc_http_stream mc_http_stream_t;
typedef struct {
    ssize_t (*read)(void *arg, char *room, size_t max);
    void (*closed)(void *arg);
} mc_http_stream_calls_t;
mc_http_stream_t *mc_http_answer_stream(mc_http_request_t *request, const char *content_type,
                                        const mc_http_stream_calls_t *calls, void *arg);
void mc_http_stream_wake(mc_http_stream_t *stream);
/* Ends it at once, whatever is still to be sent; closed is called before the next turn. */
void mc_http_stream_end(mc_http_stream_t *stream);

/* Told when the client goes away before the answer; then the request must not be answered. To be
 * called from the route. A client that ends its side of the connection counts as gone. */
void mc_http_on_gone(mc_http_request_t *request, void (*gone)(void *arg), void *arg);

#endif
