/*
 *  edge - what the files of the HTTP edge know of one another
 *
 *  A peer is a connection, for as long as its socket lives. A request is one
 *  exchange on it. The library calls back with the request at each stage:
 *
 *      HEADERS   the request line is read, the headers are on their way
 *      BODY      accepted so far; the body is collected, or thrown away when
 *                the answer is already decided
 *      ROUTED    the route is being called
 *      WAITING   the route will answer later; at hand for some runs of the library, where the
 *                edge allows that, then suspended
 *      DONE      the answer is on its way; only the library is busy with it
 *      DETACHED  the client left while the route was still to answer
 *
 *  An answer is kept in the request until the library can take it: at the end of
 *  the callback, or after the connection was resumed. In the middle of a body the
 *  library takes none, so a refusal is then written straight to the socket.
 */
#ifndef MC_COMMON_HTTP_EDGE_INTERNAL_H
#define MC_COMMON_HTTP_EDGE_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "common/http_edge.h"

#define MC_HTTP_IGNORED_BYTES_MAX ((size_t)64 << 10) /* of a body that nobody wants */
#define MC_HTTP_KEPT_REQUESTS_MAX 64                 /* unused, with their memory */
#define MC_HTTP_LINGERING_MAX 256                    /* sockets that are emptied before closing */
#define MC_HTTP_LINGER_US INT64_C(5000000)
#define MC_HTTP_METHOD_SIZE 16
#define MC_HTTP_RUNS_AT_HAND_MAX 64

typedef enum {
    MC_HTTP_HEADERS,
    MC_HTTP_BODY,
    MC_HTTP_ROUTED,
    MC_HTTP_WAITING,
    MC_HTTP_DONE,
    MC_HTTP_DETACHED,
} mc_http_stage_t;

typedef struct {
    mc_text_t name;
    mc_text_t value;
} mc_http_pair_t;

/* A descriptor in the edge's own epoll set: first member of whatever waits for it. */
typedef struct mc_http_watch {
    void (*ready)(struct mc_http_watch *self, uint32_t events);
} mc_http_watch_t;

/* Why the edge waits for a peer to send, and since when. */
typedef struct mc_http_peer {
    mc_http_watch_t watch;   /* as long as the connection: cheaper than one for each request */
    mc_http_watch_t *waiter; /* who is told when the peer has left; NULL: nobody waits */
    uint32_t waits_for;      /* EPOLLRDHUP, or nothing but a reset */
    bool has_left;           /* one of those has been seen */
    TAILQ_ENTRY(mc_http_peer) link;
    struct mc_http_peers *list; /* receiving or idle; NULL while the peer waits for us */
    mc_http_edge_t *edge;
    struct MHD_Connection *connection;
    mc_http_request_t *request; /* under way, or NULL */
    int64_t since_us;
    int fd;
    bool must_linger; /* it may still be sending when we close */
    char address[INET6_ADDRSTRLEN];
} mc_http_peer_t;

TAILQ_HEAD(mc_http_peers, mc_http_peer);
LIST_HEAD(mc_http_requests, mc_http_request);
TAILQ_HEAD(mc_http_lingerers, mc_http_lingerer);
TAILQ_HEAD(mc_http_streams, mc_http_stream);

/* What is to be sent. One of content, file and stream. */
typedef struct {
    int status; /* 0: not decided */
    const char *content_type;
    mc_buffer_t content;
    size_t content_bytes; /* counted among those of the edge until it is sent */
    int fd;               /* of a file, or -1 */
    size_t file_size;
    mc_http_stream_t *stream;
    mc_http_pair_t headers[MC_HTTP_HEADERS_MAX];
    size_t header_count;
    bool has_cache_control;
} mc_http_answer_t;

struct mc_http_request {
    mc_http_watch_t watch; /* notices that the client of a waiting request left */
    LIST_ENTRY(mc_http_request) link;
    mc_http_edge_t *edge;
    mc_http_peer_t *peer; /* NULL once detached */
    mc_arena_t *arena;
    const mc_http_route_t *route; /* NULL while, or because, there is none */
    mc_http_stage_t stage;
    bool is_lost; /* the client of a waiting request left; the library does not know yet */
    bool is_at_hand;
    bool is_suspended;
    int runs_at_hand;
    bool is_refusing;

    char method[MC_HTTP_METHOD_SIZE];
    mc_text_t uri; /* as it came */
    mc_text_t path;
    mc_http_pair_t params[MC_HTTP_PARAMS_MAX];
    size_t param_count;
    mc_http_pair_t query[MC_HTTP_QUERY_MAX];
    size_t query_count;
    mc_buffer_t body;
    size_t body_bytes; /* received, kept or not */

    mc_role_t role;
    mc_text_t caller;
    void (*gone)(void *arg);
    void *gone_arg;
    mc_http_answer_t answer;
};

struct mc_http_stream {
    mc_http_watch_t watch;
    TAILQ_ENTRY(mc_http_stream) link; /* among those that ended in this turn */
    mc_http_edge_t *edge;
    mc_http_peer_t *peer; /* NULL where the client left before the stream began */
    mc_http_stream_calls_t calls;
    void *arg;
    bool is_suspended;
    bool is_woken; /* while read ran */
    bool is_ended;
    bool is_ending; /* in the list of the edge */
    bool is_closed;
    bool is_released; /* by the library */
};

#define MC_HTTP_METRIC_MEMBER(name, kind, unit, doc) MC_HTTP_METRIC_##name,
enum { MC_HTTP_METRICS(MC_HTTP_METRIC_MEMBER) };

struct mc_http_edge {
    mc_service_t *service;
    mc_metrics_t *metrics;
    struct MHD_Daemon *daemon;
    int daemon_fd; /* the library's epoll set */
    int watch_fd;  /* our own: peers that may leave, sockets that linger */
    const mc_http_route_t *routes;
    mc_http_limits_t limits;
    void *state;
    mc_http_authorize_fn *authorize;

    struct mc_http_peers receiving; /* oldest first */
    struct mc_http_peers idle;
    struct mc_http_requests requests; /* all that live */
    struct mc_http_requests unused;
    size_t unused_count;
    size_t at_hand_count;
    struct mc_http_lingerers lingering;
    size_t lingering_count;
    struct mc_http_streams ended;
    size_t bodies_bytes;
    size_t answers_bytes;

    int64_t now_us; /* when this run began */
    int timer;
    bool is_running;
    bool is_due;  /* the library must run once more */
    bool is_busy; /* its last run did more than to look at requests that are at hand */
    bool is_turn_end_asked;
    bool is_again_asked;
};

/* http_edge.c */
void mc_http_edge_run_later(mc_http_edge_t *self);
void mc_http_edge_watch(mc_http_edge_t *self, int fd, uint32_t events, mc_http_watch_t *watch);
void mc_http_edge_unwatch(mc_http_edge_t *self, int fd);

static inline void
mc_http_edge_count(mc_http_edge_t *self, size_t metric, int64_t amount)
{
    mc_metrics_add(self->metrics, metric, amount);
}

/* listen.c: the listening socket, or -1. */
int mc_http_listen(const char *address, int port, const char *port_variable, bool is_shared);

/* peer.c: connections, and who takes too long. */
void mc_http_peer_notify(void *edge, struct MHD_Connection *connection, void **socket_context,
                         enum MHD_ConnectionNotificationCode code);
mc_http_peer_t *mc_http_peer_of(struct MHD_Connection *connection);
void mc_http_peer_expect(mc_http_peer_t *self, struct mc_http_peers *list);
/* Tells the waiter when the peer resets the connection, or with EPOLLRDHUP also when it sends no
 * more; never in here. NULL ends it. */
void mc_http_peer_watch(mc_http_peer_t *self, uint32_t events, mc_http_watch_t *waiter);
/* Breaks the connection: the library sees it and cleans up. */
void mc_http_peer_cut(mc_http_peer_t *self);
void mc_http_peers_expire(mc_http_edge_t *edge);

/* linger.c: sockets that are read to the end, so that an early answer is not lost in a reset. */
void mc_http_linger(mc_http_edge_t *edge, int fd);
void mc_http_lingerers_expire(mc_http_edge_t *edge, int64_t before_us);

/* guard.c: 0, or MC_REFUSED when the headers could be read in two ways or are too large. */
MC_CHECKED int mc_http_guard(struct MHD_Connection *connection, mc_text_t *ret_length,
                             bool *ret_is_chunked, mc_refusal_t *refusal);

/* route.c */
MC_CHECKED int mc_http_find_route(mc_http_request_t *request, mc_refusal_t *refusal);

/* decode.c */
MC_CHECKED int mc_http_decode(mc_arena_t *arena, mc_text_t raw, bool is_query, mc_text_t *ret_text);
MC_CHECKED int mc_http_decode_query(mc_http_request_t *request, mc_text_t raw,
                                    mc_refusal_t *refusal);

/* request.c: the library's callbacks. */
void *mc_http_request_begin(void *edge, const char *uri, struct MHD_Connection *connection);
enum MHD_Result mc_http_request_handle(void *edge, struct MHD_Connection *connection,
                                       const char *url, const char *method, const char *version,
                                       const char *data, size_t *size, void **context);
void mc_http_request_complete(void *edge, struct MHD_Connection *connection, void **context,
                              enum MHD_RequestTerminationCode code);

/* pool.c: requests, used again with their memory. */
mc_http_request_t *mc_http_request_take(mc_http_edge_t *edge);
void mc_http_request_give_back(mc_http_request_t *request);
void mc_http_requests_destroy(mc_http_edge_t *edge);
/* The library looks at a waiting request again. */
void mc_http_request_wake(mc_http_request_t *request);
/* It is not at hand any more. */
void mc_http_request_put_away(mc_http_request_t *request);
/* The body is not needed any more. */
void mc_http_request_drop_body(mc_http_request_t *request);

/* answer.c */
/* Hands the answer to the library. */
enum MHD_Result mc_http_answer_queue(mc_http_request_t *request);
/* Writes it straight to the socket, in the middle of a body; the connection is then closed. */
void mc_http_answer_write(mc_http_request_t *request);
/* Forgets it: nobody is there to have it. */
void mc_http_answer_drop(mc_http_request_t *request);

/* stream.c */
struct MHD_Response *mc_http_stream_response(mc_http_stream_t *stream);
/* Calls closed of those that ended in this turn. */
void mc_http_streams_settle(mc_http_edge_t *edge);

#endif
