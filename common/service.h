/*
 *  service - the life of a service, and the only main loop
 *
 *  Reads settings, opens log, metrics, bus and HTTP edge, calls start, runs the
 *  loop until SIGTERM or SIGINT, calls stop. All callbacks come on one thread.
 *  Every service has /healthz, /readyz and /metrics on its edge, and refuses to
 *  leave a core dump. It answers --version and --help.
 *
 *  The loop is czmq's zloop. It polls linearly, so the descriptors of watches
 *  lie in one epoll descriptor, those of the bus's sockets in another, and these
 *  two are all that is in the loop.
 *
 *  At the end, before stop: calls under way on the bus are answered with
 *  service_missing, then the edge closes and tells every request and stream
 *  that it is gone; so stop finds nobody who still waits.
 */
#ifndef MC_COMMON_SERVICE_H
#define MC_COMMON_SERVICE_H

#include <czmq.h>

#include "common/bus.h"
#include "common/http_edge.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/settings.h"

typedef struct mc_service mc_service_t;

#define MC_SERVICE_LEAVE_MS 3000

/* A step of the clock. state is what start made. */
typedef void mc_service_tick_fn(void *state);

typedef struct {
    int every_ms;
    mc_service_tick_fn *tick;
} mc_service_timer_t;

typedef struct {
    const char *name;                 /* "ingest"; settings and metrics are named after it */
    const mc_bus_handler_t *handlers; /* what it hears; ends in a zero row */
    const mc_service_timer_t *timers; /* ends in a zero row */
    const mc_http_route_t *routes;    /* ends in a zero row */
    const mc_metric_row_t *metrics;
    size_t metric_count;
    size_t port_offset;              /* offsetof(mc_settings_t, x_port) */
    mc_http_authorize_fn *authorize; /* NULL: every route is open */
    const mc_http_limits_t *limits;  /* NULL: defaults */
    size_t request_timeout_offset; /* of a setting in its place, offsetof(mc_settings_t, x); or 0 */

    /* Makes the state. NULL fails the start with the reason kept. */
    void *(*start)(mc_service_t *service);
    /* Destroys it, in the reverse order. */
    void (*stop)(void *state);
    /* After a signal, again and again while the loop goes on, until it is true or
     * MC_SERVICE_LEAVE_MS have passed: says on the bus what must be said before the end. May be
     * NULL. */
    bool (*leave)(void *state);
    /* NULL when ready, else why not; asked by /readyz. May be NULL: always ready. */
    const char *(*unready)(void *state);
} mc_service_spec_t;

/* Runs to the end and is the exit code of main: 0 after a signal, 1 when it could not start or run
 * (the reason is logged in one line that says what to do), 2 for arguments it does not know. */
int mc_service_run(const mc_service_spec_t *spec);

/* What start and callbacks may use; lent as long as the service lives. */
zloop_t *mc_service_loop(mc_service_t *self);
const mc_settings_t *mc_service_settings(const mc_service_t *self);
mc_bus_t *mc_service_bus(mc_service_t *self);
mc_metrics_t *mc_service_metrics(mc_service_t *self);
mc_http_edge_t *mc_service_edge(mc_service_t *self); /* NULL while stop runs */

/* Ends the loop from a callback, with the reason kept by mc_fail as the last log line and exit
 * code 1. */
void mc_service_fail(mc_service_t *self);

/* Calls once at the end of this turn of the loop, after everything that is ready was handled, and
 * before the loop waits again. */
void mc_service_at_turn_end(mc_service_t *self, mc_service_tick_fn *tick, void *arg);

/* Calls once after delay_ms. Returns a timer id for mc_service_cancel, which is never 0; to cancel
 * one that has rung does nothing. */
int mc_service_after(mc_service_t *self, int delay_ms, mc_service_tick_fn *tick, void *arg);
void mc_service_cancel(mc_service_t *self, int timer);

/* Calls as long as the descriptor is readable and/or writable; replaces an earlier watch of it.
 * events are ZMQ_POLLIN | ZMQ_POLLOUT; 0 ends the watch. An error or a hang-up shows as all of the
 * events that were asked for. End the watch before closing the descriptor. */
typedef void mc_service_ready_fn(void *arg, int events);
void mc_service_watch(mc_service_t *self, int fd, int events, mc_service_ready_fn *ready,
                      void *arg);

/* Runs work(arg) on a thread of its own pool (one thread), then done(arg) on the loop. For slow
 * computation such as Argon2id. At most 64 wait; one more returns MC_REFUSED. What has not begun
 * when the service ends is dropped: neither is called. */
typedef void mc_service_work_fn(void *arg);
MC_CHECKED int mc_service_work(mc_service_t *self, mc_service_work_fn *work,
                               mc_service_work_fn *done, void *arg);

#endif
