/*
 *  bus_world - buses in one loop, for tests
 *
 *  Nothing here sleeps: wait_for runs the loop until a number is reached; the
 *  test's own time limit ends a wait in vain.
 */
#ifndef MC_TESTS_BUS_WORLD_H
#define MC_TESTS_BUS_WORLD_H

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "common/bus.h"
#include "common/error.h"
#include "common/turns.h"

#define BUSES_MAX 4

typedef struct world world_t;

/* One service and what it has heard. */
typedef struct {
    world_t *world;
    mc_settings_t *settings;
    mc_bus_handler_t handlers[3];
    mc_bus_t *bus;
    int requests;           /* heard */
    mc_bus_request_t *held; /* the first one, when it holds them */
    bool holds;
    size_t events; /* in the last store_events */
    int messages;  /* heard on topics */
    int64_t last;  /* number in the last of them */
    bool is_in_order;
    int gaps;
} node_t;

struct world {
    char folder[64];
    zloop_t *loop;
    mc_turns_t *turns;
    node_t nodes[BUSES_MAX];

    /* Of the calls that were made: */
    int answers;
    int refusals;
    int64_t answer;
    mc_refusal_t refusal; /* the last */
};

void world_open(world_t *self);
/* The same in two steps: a folder and settings; then the loop, where ZeroMQ starts. */
void world_prepare(world_t *self);
void world_open_loop(world_t *self);
void world_close(world_t *self);

/* A service on the bus that answers get_flags and store_events. */
node_t *world_add(world_t *self, const char *service, const char *instance);
/* The same, when it must fail with the reason that is kept. */
void world_add_failing(world_t *self, const char *service, const char *instance);
void node_remove(node_t *self);

/* Runs the loop until the number is at least that. */
void wait_for(world_t *self, const int *number, int least);
void wait_for_metric(node_t *node, size_t metric, int64_t least);
void wait_for_peer(node_t *node, const char *service);
void wait_for_no_peer(node_t *node, const char *service);

/* Another handler in the place of one of those. */
void node_hear(node_t *self, uint16_t tag, mc_bus_request_fn *on_request);
/* Answers the request that it holds. */
void node_answer_held(node_t *self);
/* A handler whose answer is over the limit. */
mc_bus_request_fn answer_huge;

/* Calls get_flags with a number; its answer is the number and one more. */
void call_flags(node_t *from, const char *service, int64_t number, int timeout_ms);
/* Calls with no record. */
void call_tag(node_t *from, const char *service, uint16_t tag);
/* Calls store_events with that many events of a MiB each. */
void call_huge(node_t *from, const char *service, size_t mib);
/* Publishes flags_changed with a number; hears it. */
void publish_flags(node_t *from, int64_t number);
void subscribe_flags(node_t *to, const char *service);

/* Publishes some megabytes; what is over the limit. */
void publish_large(node_t *from);
void publish_huge(node_t *from);

/* Two neighbouring tcp ports that are free. */
int free_ports(void);

int64_t metric(const node_t *node, size_t index);

#endif
