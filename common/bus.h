/*
 *  bus - how services talk: requests that are answered, topics that are numbered
 *
 *  A service binds two endpoints: one ROUTER for requests and one XPUB for its
 *  topics. To call another it has one DEALER per address of that service, found
 *  again every two seconds, and at once when a peer is lost: every address of a
 *  tcp name, every socket file under an ipc base (build instances append "-N").
 *  Endpoints come from settings. Integers are big-endian.
 *
 *      request   [version 1, id 16, tag 2, deadline ms 4] [records, msgpack]
 *      answer    [version 1, id 16, shape's tag 2]        [records, msgpack]
 *      refusal   [version 1, id 16, 0]                    [code, field, message]
 *      topic     [tag 2] [version 1, epoch 16, sequence 8] [records, msgpack]
 *      beacon    [tag 2] [version 1, epoch 16, sequence 8] []
 *
 *  The answer is the acknowledgement. A call without an answer at its deadline
 *  fails with deadline_passed; one whose peer goes away before, or with no peer
 *  up at all, with service_missing. A call is sent once, never again by itself.
 *
 *  A publisher numbers the messages of each topic from 1 under an epoch of its
 *  own. It sends a beacon with its last number to every new subscriber and each
 *  second, so that a message lost at the very end is noticed too. A receiver
 *  that sees a jump, or a new epoch, is told through on_gap and repairs with a
 *  snapshot: by then its subscription is in force.
 *
 *  Over tcp everything is CURVE with an allow-list of keys (AOP_BUS_KEY_DIR:
 *  <service>.key_secret, and allowed/ with the public ones), or in the clear
 *  where that setting is the word "insecure".
 *
 *  Bounds: 10,000 calls or 64 MiB under way per peer, then calls are refused
 *  with too_busy; as many requests unanswered here, then the next are refused
 *  likewise. 64 MiB of topics on their way to subscribers, then a topic is
 *  dropped and shows as a gap.
 */
#ifndef MC_COMMON_BUS_H
#define MC_COMMON_BUS_H

#include <czmq.h>

#include "common/metrics.h"
#include "common/settings.h"
#include "proto/arena.h"
#include "proto/proto.h"

typedef struct mc_bus mc_bus_t;
typedef struct mc_bus_request mc_bus_request_t;

#define MC_BUS_MESSAGE_BYTES_MAX ((size_t)64 << 20)
#define MC_BUS_CALLS_MAX 10000 /* under way to one peer; unanswered by us */
#define MC_BUS_BYTES_MAX ((size_t)64 << 20)
#define MC_BUS_PEERS_MAX 64 /* addresses of one service */
#define MC_BUS_TIMEOUT_MS 5000
#define MC_BUS_EVERY "every" /* stands in the table of messages for all services */

#define MC_BUS_METRICS(METRIC)                                                                     \
    METRIC(calls, COUNTER, "", "Calls made to other services")                                     \
    METRIC(calls_failed, COUNTER, "",                                                              \
           "Calls that ended with service_missing, too_busy, too_large or deadline_passed")        \
    METRIC(answers_late, COUNTER, "", "Answers that came after their call had ended")              \
    METRIC(requests, COUNTER, "", "Requests heard")                                                \
    METRIC(requests_refused, COUNTER, "", "Requests that were refused before their handler")       \
    METRIC(requests_open, GAUGE, "", "Requests not answered yet")                                  \
    METRIC(answers_lost, COUNTER, "", "Answers for callers that were gone or full")                \
    METRIC(published, COUNTER, "", "Messages published")                                           \
    METRIC(published_lost, COUNTER, "",                                                            \
           "Messages that were not published because too much was on its way")                     \
    METRIC(heard, COUNTER, "", "Messages heard on topics")                                         \
    METRIC(gaps, COUNTER, "", "Times a snapshot was needed: a message missed or a publisher new")  \
    METRIC(malformed, COUNTER, "", "Messages that could not be read, ignored")                     \
    METRIC(peers, GAUGE, "", "Peers that are connected")                                           \
    METRIC(peers_refused, COUNTER, "", "Handshakes that failed: a key that is not allowed")

enum {
#define MC_BUS_METRIC_MEMBER(metric, ...) MC_BUS_METRIC_##metric,
    MC_BUS_METRICS(MC_BUS_METRIC_MEMBER)
};

/* An answer, or the refusal that came instead (then records is NULL). Lent during the call. */
typedef void mc_bus_answer_fn(void *arg, const mc_list_t *records, const mc_refusal_t *refusal);

/* A request: answer with mc_bus_answer or mc_bus_refuse, now or later, exactly once. records are
 * lent until it is answered. */
typedef void mc_bus_request_fn(void *state, mc_bus_request_t *request, mc_list_t records);

/* A topic's message, lent during the call. */
typedef void mc_bus_topic_fn(void *arg, mc_list_t records);
/* Messages were missed, or the publisher is new to us: ask for a snapshot. So it is also called
 * once at first, for each instance that publishes. */
typedef void mc_bus_gap_fn(void *arg);

typedef struct {
    uint16_t tag;
    mc_bus_request_fn *on_request;
} mc_bus_handler_t;

/* Binds the endpoints of this service and connects to the others. handlers end in a zero row, may
 * be NULL and are lent. NULL on failure. Call zsys_handler_set(NULL) before. */
mc_bus_t *mc_bus_new(zloop_t *loop, const mc_settings_t *settings, const char *service,
                     const mc_bus_handler_t *handlers);
/* The state that request handlers get; before the loop runs. */
void mc_bus_bind(mc_bus_t *self, void *state);
/* Ends what is under way: every call is answered with service_missing, and later ones are
 * dropped. Requests can still be answered. */
void mc_bus_close(mc_bus_t *self);
/* Callbacks are not called any more; requests that are open are gone. */
void mc_bus_destroy(mc_bus_t **address);

/* Calls the service that answers tag. records are packed at once. answer is called exactly once,
 * never before this returns. */
void mc_bus_call(mc_bus_t *self, const char *service, uint16_t tag, mc_list_t records,
                 int timeout_ms, mc_bus_answer_fn *answer, void *arg);

/* The addresses where instances of a service are, or were until lately, connected or not: writes up
 * to MC_BUS_PEERS_MAX and returns how many. Each is lent until the loop goes on. */
size_t mc_bus_addresses(const mc_bus_t *self, const char *service, const char **ret_addresses);

/* As mc_bus_call, to the instance at that address and to no other, with no records. */
void mc_bus_call_at(mc_bus_t *self, const char *service, const char *address, uint16_t tag,
                    int timeout_ms, mc_bus_answer_fn *answer, void *arg);

/* Answers one more tag, with a state of its own: for what every service answers. */
void mc_bus_hear_also(mc_bus_t *self, uint16_t tag, mc_bus_request_fn *on_request, void *state);

/* True when at least one instance of the service is connected. */
bool mc_bus_has_peer(const mc_bus_t *self, const char *service);

/* Both take the request. */
void mc_bus_answer(mc_bus_t *self, mc_bus_request_t *request, const mc_shape_t *shape,
                   mc_list_t records);
void mc_bus_refuse(mc_bus_t *self, mc_bus_request_t *request, const mc_refusal_t *refusal);

/* For what lives as long as the request; and when its caller gives up, in steady microseconds. */
mc_arena_t *mc_bus_request_arena(mc_bus_request_t *request);
int64_t mc_bus_request_deadline_us(const mc_bus_request_t *request);

/* Publishes to all subscribers of the tag with the next sequence number. */
void mc_bus_publish(mc_bus_t *self, uint16_t tag, mc_list_t records);

/* Hears a topic of every instance of a service, from now on. gap may be NULL. */
void mc_bus_subscribe(mc_bus_t *self, const char *service, uint16_t tag, mc_bus_topic_fn *topic,
                      mc_bus_gap_fn *gap, void *arg);

/* The bus's own numbers, by MC_BUS_METRIC_<name>. */
const mc_metrics_t *mc_bus_metrics(const mc_bus_t *self);

/* True when a tcp endpoint goes without CURVE. */
bool mc_bus_is_in_the_clear(const mc_bus_t *self);

/* Makes what is missing in a folder of keys, for every service that is on the bus: 0600 for the
 * secret ones. What is there stays. */
MC_CHECKED int mc_bus_make_keys(const char *dir);

/* Where tests put other addresses in the place of the system's resolver: writes up to max numeric
 * addresses and returns how many. */
#define MC_BUS_ADDRESS_BYTES 64
typedef size_t mc_bus_resolve_fn(const char *host, char (*ret_addresses)[MC_BUS_ADDRESS_BYTES],
                                 size_t max);
void mc_bus_set_resolver(mc_bus_t *self, mc_bus_resolve_fn *resolve);

/* One record as a list. */
static inline mc_list_t
mc_list_one(const void *record)
{
    return (mc_list_t){record, 1};
}

#endif
