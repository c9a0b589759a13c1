/*
 *  parts - what the files of the bus share
 *
 *      bus.c       making and ending it all
 *      endpoint.c  where services are; dir.c the folder of ipc sockets; keys.c CURVE
 *      groups.c    the addresses of each other service; peers.c a connection to one
 *      finder.c    finding these addresses, again and again
 *      calls.c     our requests to others, slots.c where they are; requests.c those of others to us
 *      topics.c    publishing; hearing.c subscriptions
 *      sockets.c   sockets in the loop; wire.c frames
 */
#ifndef MC_COMMON_BUS_PARTS_H
#define MC_COMMON_BUS_PARTS_H

#include "common/bus.h"
#include "common/bus/endpoint.h"
#include "common/bus/keys.h"
#include "common/bus/sockets.h"
#include "common/bus/wire.h"
#include "common/turns.h"

#define MC_BUS_GROUPS_MAX 16    /* services */
#define MC_BUS_GRACE_MS 1000    /* calls wait that long for the first connection ever */
#define MC_BUS_SUBSCRIPTIONS 32 /* tags heard */
#define MC_BUS_SOURCES 64       /* publishers told apart for each */

typedef struct mc_bus_group mc_bus_group_t;
typedef struct mc_bus_call mc_bus_call_t;

/* One address of another service. */
typedef struct {
    mc_bus_group_t *group;
    char *requests; /* endpoint of its ROUTER */
    char *topics;   /* of its XPUB */
    mc_bus_socket_t *dealer;
    mc_bus_socket_t *monitor; /* tells when the connection comes and goes */
    bool is_live;
    bool is_broken;     /* libzmq has given up on it; to be made anew */
    bool is_heard;      /* the group's subscriber is connected to it */
    bool is_listed;     /* found in the last look */
    size_t calls;       /* under way */
    size_t calls_bytes; /* of their requests */
} mc_bus_peer_t;

/* Another service with all its addresses. */
struct mc_bus_group {
    mc_bus_t *bus;
    mc_bus_endpoint_t endpoint;
    mc_bus_peer_t *peers[MC_BUS_PEERS_MAX];
    size_t count;
    size_t next;            /* whose turn it is */
    int64_t grace_until_us; /* until then calls may wait for the first connection */
    size_t waiting;         /* calls that do */
    size_t waiting_bytes;
    mc_bus_socket_t *subscriber; /* NULL until a topic is subscribed */
    char problem[192];           /* why nobody is there, when known */
};

/* Addresses as they are found. */
typedef struct {
    char endpoints[MC_BUS_PEERS_MAX][2][160]; /* requests, topics */
    size_t count;
} mc_bus_found_t;

typedef struct mc_bus_finder mc_bus_finder_t;
typedef struct mc_bus_gauge mc_bus_gauge_t;

/* The state of one publisher of one topic, as a subscriber knows it. */
typedef struct {
    uint8_t epoch[MC_BUS_ID_BYTES];
    uint64_t sequence;
} mc_bus_source_t;

typedef struct {
    uint16_t tag;
    mc_bus_group_t *group;
    mc_bus_topic_fn *topic;
    mc_bus_gap_fn *gap;
    void *arg;
    mc_bus_source_t sources[MC_BUS_SOURCES];
    size_t count;
    size_t oldest; /* to be replaced next */
} mc_bus_subscription_t;

struct mc_bus {
    mc_turns_t *turns;
    mc_bus_sockets_t *sockets;
    const mc_settings_t *settings;
    const char *service;
    const mc_bus_handler_t *handlers;
    void *state;
    mc_bus_handler_t also; /* one more, with a state of its own */
    void *also_state;
    mc_metrics_t *metrics;
    mc_bus_endpoint_t endpoint; /* ours */
    mc_bus_dir_t dir;
    mc_bus_keys_t *keys; /* NULL: ipc only, or in the clear */
    bool is_in_the_clear;
    bool is_closed;

    mc_bus_socket_t *router;
    mc_bus_request_t *requests; /* open ones */
    size_t requests_count;
    size_t requests_bytes;

    mc_bus_socket_t *publisher;
    uint8_t epoch[MC_BUS_ID_BYTES];
    uint64_t *sequences; /* by row of mc_messages */
    mc_bus_gauge_t *gauge;

    mc_bus_group_t *groups[MC_BUS_GROUPS_MAX];
    size_t group_count;
    mc_bus_finder_t *finder;

    mc_bus_call_t **calls; /* by slot; NULL is free */
    size_t calls_capacity;
    size_t calls_count;
    size_t next_slot; /* where to look for a free one */
    uint32_t serial;
    uint64_t monitors_made; /* names their addresses */
    mc_arena_t *arena;      /* of the message that is being handled */
    bool has_tick;          /* a look at deadlines is ahead */
    bool has_doomed;        /* calls that fail at the end of this turn */
    mc_bus_subscription_t *subscriptions[MC_BUS_SUBSCRIPTIONS];
    size_t subscription_count;
};

static inline void
mc_bus_count(mc_bus_t *self, size_t metric, int64_t amount)
{
    mc_metrics_add(self->metrics, metric, amount);
}

/* groups.c */
mc_bus_group_t *mc_bus_find_group(const mc_bus_t *self, const char *service);
/* Makes it, and looks for its addresses. NULL on failure. */
mc_bus_group_t *mc_bus_require_group(mc_bus_t *self, const char *service);
void mc_bus_destroy_groups(mc_bus_t *self);
/* The addresses are these now. */
void mc_bus_group_update(mc_bus_group_t *self, const mc_bus_found_t *found);
/* The next live peer with room, or NULL; ret_is_full says that there was one without. */
mc_bus_peer_t *mc_bus_group_pick(mc_bus_group_t *self, size_t bytes, bool *ret_is_full);
mc_bus_peer_t *mc_bus_group_find(const mc_bus_group_t *self, const char *requests);
bool mc_bus_group_is_live(const mc_bus_group_t *self);

/* peers.c: NULL on failure. */
mc_bus_peer_t *mc_bus_peer_new(mc_bus_group_t *group, const char *requests, const char *topics);
void mc_bus_peer_destroy(mc_bus_peer_t **address);
/* Connects the group's subscriber to it, if there is one and it is live. */
void mc_bus_peer_hear(mc_bus_peer_t *self);

/* finder.c */
mc_bus_finder_t *mc_bus_finder_new(mc_bus_t *bus);
void mc_bus_finder_destroy(mc_bus_finder_t **address);
/* Looks at once, and often for a while. */
void mc_bus_finder_hurry(mc_bus_finder_t *self);
void mc_bus_finder_set_resolver(mc_bus_finder_t *self, mc_bus_resolve_fn *resolve);

/* calls.c */
void mc_bus_calls_on_peer_live(mc_bus_group_t *group);
void mc_bus_calls_on_peer_lost(mc_bus_peer_t *peer);
void mc_bus_calls_take_answer(void *peer, mc_bus_frames_t *frames);
void mc_bus_calls_end_all(mc_bus_t *self);
void mc_bus_calls_destroy(mc_bus_t *self);

/* requests.c */
#define MC_BUS_REQUEST_FRAMES 3
void mc_bus_requests_take(void *bus, mc_bus_frames_t *frames);
void mc_bus_requests_destroy(mc_bus_t *self);

/* topics.c */
void mc_bus_topics_init(mc_bus_t *self);
void mc_bus_topics_clear(mc_bus_t *self);
void mc_bus_topics_take_subscription(void *bus, mc_bus_frames_t *frames);

/* hearing.c */
void mc_bus_hearing_destroy(mc_bus_t *self);

#endif
