/*
 *  bus - how services talk: requests that are answered, topics that are numbered
 *
 *  A service binds two endpoints: one ROUTER for requests and one PUB for its
 *  topics. To call another it has one DEALER per address of that service, found
 *  again every two seconds: every A record of a tcp name, every socket file
 *  under an ipc base (build instances append "-N"). Endpoints come from settings.
 *
 *      request   [header: version, id 16, tag, deadline ms] [records, msgpack]
 *      answer    [header: version, id 16, tag or 0]         [records or error]
 *      topic     [tag, 2 bytes] [header: version, epoch 16, sequence] [records]
 *
 *  The answer is the acknowledgement. A call without an answer at its deadline
 *  fails with deadline_passed; one with no peer up at all with service_missing.
 *  A receiver that sees a sequence jump is told through on_gap and repairs with
 *  a snapshot. Over tcp everything is CURVE with an allow-list of keys.
 *
 *  Bounds: 10,000 messages or 64 MiB queued per peer, then calls are refused
 *  with too_busy; a topic for a full subscriber is dropped and shows as a gap.
 */
#ifndef MC_COMMON_BUS_H
#define MC_COMMON_BUS_H

#include <czmq.h>

#include "common/settings.h"
#include "proto/arena.h"
#include "proto/proto.h"

typedef struct mc_bus mc_bus_t;
typedef struct mc_bus_request mc_bus_request_t;

#define MC_BUS_MESSAGE_BYTES_MAX ((size_t)64 << 20)
#define MC_BUS_TIMEOUT_MS 5000

/* An answer, or the refusal that came instead (then records is NULL). Lent during the call. */
typedef void mc_bus_answer_fn(void *arg, const mc_list_t *records, const mc_refusal_t *refusal);

/* A request: answer with mc_bus_answer or mc_bus_refuse, now or later, exactly once. records are
 * lent during the call, and as long as the request lives. */
typedef void mc_bus_request_fn(void *state, mc_bus_request_t *request, mc_list_t records);

/* A topic's message, lent during the call. */
typedef void mc_bus_topic_fn(void *arg, mc_list_t records);
/* Messages were missed, or the publisher is new: ask for a snapshot. Also called once at first. */
typedef void mc_bus_gap_fn(void *arg);

typedef struct {
    uint16_t tag;
    mc_bus_request_fn *on_request;
} mc_bus_handler_t;

/* Binds the endpoints of this service. handlers end in a zero row and are lent. NULL on failure. */
mc_bus_t *mc_bus_new(zloop_t *loop, const mc_settings_t *settings, const char *service,
                     const mc_bus_handler_t *handlers, void *state);
void mc_bus_destroy(mc_bus_t **address);

/* Calls the service that answers tag. records are packed at once. answer is called exactly once,
 * never before this returns. */
void mc_bus_call(mc_bus_t *self, const char *service, uint16_t tag, mc_list_t records,
                 int timeout_ms, mc_bus_answer_fn *answer, void *arg);

/* True when at least one instance of the service is connected. */
bool mc_bus_has_peer(const mc_bus_t *self, const char *service);

void mc_bus_answer(mc_bus_t *self, mc_bus_request_t *request, const mc_shape_t *shape,
                   mc_list_t records);
void mc_bus_refuse(mc_bus_t *self, mc_bus_request_t *request, const mc_refusal_t *refusal);

/* Publishes to all subscribers of the tag with the next sequence number. */
void mc_bus_publish(mc_bus_t *self, uint16_t tag, mc_list_t records);

/* Hears a topic of every instance of a service, from now on. */
void mc_bus_subscribe(mc_bus_t *self, const char *service, uint16_t tag, mc_bus_topic_fn *topic,
                      mc_bus_gap_fn *gap, void *arg);

/* One record as a list. */
static inline mc_list_t
mc_list_one(const void *record)
{
    return (mc_list_t){record, 1};
}

#endif
