/*
 *  service - the life of a service, and the only main loop
 */
#include "service.h"

#include <signal.h>

#include "clock.h"
#include "error.h"
#include "service/life.h"
#include "service/pages.h"
#include "service/process.h"
#include "service/usage.h"
#include "service/watches.h"
#include "service/work.h"
#include "turns.h"

#define READINESS_MS 250 /* between two looks whether it is ready */
#define REST_MS 10000
#define LEAVE_TICK_MS 10

#define SERVICE_LOGS(LOG)                                                                          \
    LOG(started, INFO, "The service has its endpoints and begins its work")                        \
    LOG(ready, INFO, "It can do its work")                                                         \
    LOG(unready, WARNING, "It cannot do its work for now")                                         \
    LOG(bus_in_the_clear, WARNING, "The bus goes over tcp without keys, as AOP_BUS_KEY_DIR says")  \
    LOG(stopping, INFO, "A signal ends the service")                                               \
    LOG(stopped, INFO, "The service has ended")                                                    \
    LOG(failed, ERROR, "The service cannot start or go on")
#define DECLARE(...) MC_LOG_DECLARE(service_log, __VA_ARGS__)
SERVICE_LOGS(DECLARE)

struct mc_service {
    const mc_service_spec_t *spec;
    mc_settings_t *settings;
    zloop_t *loop;
    mc_turns_t *turns;
    int64_t rested_cpu_us;
    mc_watches_t *watches;
    mc_work_t *work;
    int signals;
    mc_metrics_t *metrics;
    mc_bus_t *bus;
    mc_pages_t *pages;
    mc_http_edge_t *edge;
    void *state;

    int64_t started_us;
    int64_t left_us;       /* when a signal came; 0: none did */
    int64_t started_at_us; /* by the wall clock */
    bool is_ready;
    char reason[MC_ERROR_BYTES_MAX]; /* of a failure while running */
};

zloop_t *
mc_service_loop(mc_service_t *self)
{
    return self->loop;
}

const mc_settings_t *
mc_service_settings(const mc_service_t *self)
{
    return self->settings;
}

mc_bus_t *
mc_service_bus(mc_service_t *self)
{
    return self->bus;
}

mc_metrics_t *
mc_service_metrics(mc_service_t *self)
{
    return self->metrics;
}

mc_http_edge_t *
mc_service_edge(mc_service_t *self)
{
    return self->edge;
}

const char *
mc_service_name(const mc_service_t *self)
{
    return self->spec->name;
}

const char *
mc_service_unready(mc_service_t *self)
{
    return self->spec->unready ? self->spec->unready(self->state) : NULL;
}

static int
port_of(const mc_service_t *self)
{
    return (int)*(const int64_t *)((const char *)self->settings + self->spec->port_offset);
}

void
mc_service_status(mc_service_t *self, mc_service_status_t *ret_status)
{
    const mc_settings_t *settings = self->settings;
    const char *reason = mc_service_unready(self);
    *ret_status = (mc_service_status_t){0};
    mc_set(ret_status, service_status, service, mc_text(self->spec->name));
    mc_set(ret_status, service_status, instance,
           mc_text(settings->instance[0] ? settings->instance : "1"));
    mc_set(ret_status, service_status, is_ready, !reason);
    if (reason)
        mc_set(ret_status, service_status, reason, mc_text(reason));
    mc_set(ret_status, service_status, version, mc_text(MC_VERSION));
    mc_set(ret_status, service_status, started_at, self->started_at_us);
    mc_set(ret_status, service_status, listen_address, mc_text(settings->listen_address));
    mc_set(ret_status, service_status, port, port_of(self));
}

static void
on_get_status(void *arg, mc_bus_request_t *request, mc_list_t records)
{
    mc_service_t *self = arg;
    mc_service_status_t status;
    mc_service_status(self, &status);
    mc_bus_answer(self->bus, request, &mc_service_status_shape, mc_list_one(&status));
    (void)records;
}

void
mc_service_at_turn_end(mc_service_t *self, mc_service_tick_fn *tick, void *arg)
{
    mc_turns_at_end(self->turns, tick, arg);
}

int
mc_service_after(mc_service_t *self, int delay_ms, mc_service_tick_fn *tick, void *arg)
{
    return mc_turns_after(self->turns, delay_ms, tick, arg);
}

void
mc_service_cancel(mc_service_t *self, int timer)
{
    mc_turns_cancel(self->turns, timer);
}

void
mc_service_watch(mc_service_t *self, int fd, int events, mc_service_ready_fn *ready, void *arg)
{
    mc_watches_set(self->watches, fd, events, ready, arg);
}

int
mc_service_work(mc_service_t *self, mc_service_work_fn *work, mc_service_work_fn *done, void *arg)
{
    return mc_work_add(self->work, work, done, arg);
}

static int
end_loop(zloop_t *loop, int timer, void *arg)
{
    (void)loop;
    (void)timer;
    (void)arg;
    return -1;
}

static bool
end_turn(void *arg)
{
    return mc_turns_end(arg);
}

/* zloop ends when a handler of its own says so; ours are called from many places. */
static void
leave_loop(mc_service_t *self)
{
    zloop_timer(self->loop, 0, 1, end_loop, self);
}

void
mc_service_fail(mc_service_t *self)
{
    if (!self->reason[0])
        snprintf(self->reason, sizeof self->reason, "%s", mc_error());
    leave_loop(self);
}

/* The state says what is left to be said; then the loop ends. */
static void
leave(void *arg)
{
    mc_service_t *self = arg;
    bool is_late = mc_clock_steady_us() - self->left_us > MC_SERVICE_LEAVE_MS * INT64_C(1000);
    if (is_late || self->spec->leave(self->state))
        leave_loop(self);
    else
        mc_turns_after(self->turns, LEAVE_TICK_MS, leave, self);
}

static void
on_signal(void *arg, int events)
{
    mc_service_t *self = arg;
    int signal_number = mc_process_signal(self->signals);
    if (!signal_number)
        return;
    mc_log(&service_log_stopping, "signal=%s", signal_number == SIGINT ? "SIGINT" : "SIGTERM");
    (void)events;
    if (!self->spec->leave || self->left_us) { /* a second signal waits for nothing */
        leave_loop(self);
        return;
    }
    self->left_us = mc_clock_steady_us();
    leave(self);
}

/* Says it once for each change. */
static void
watch_readiness(void *arg)
{
    mc_service_t *self = arg;
    const char *reason = mc_service_unready(self);
    bool is_ready = !reason;
    if (is_ready == self->is_ready)
        return;
    self->is_ready = is_ready;
    if (!is_ready) {
        mc_log(&service_log_unready, "reason=%s", reason);
        return;
    }
    mc_process_settle();
    mc_log(&service_log_ready, "after_ms=%lld",
           (long long)(mc_clock_steady_us() - self->started_us) / 1000);
}

static void
rest(void *arg)
{
    mc_process_rest(&((mc_service_t *)arg)->rested_cpu_us);
}

static int
open_log(const mc_service_t *self)
{
    const mc_settings_t *settings = self->settings;
    int level = mc_log_level(settings->log_level);
    bool is_json = !strcmp(settings->log_format, "json");
    if (level == -1)
        return mc_fail("AOP_LOG_LEVEL is \"%s\", not debug, info, warning or error",
                       settings->log_level);
    if (!is_json && strcmp(settings->log_format, "logfmt"))
        return mc_fail("AOP_LOG_FORMAT is \"%s\", not logfmt or json", settings->log_format);
    mc_log_open(self->spec->name, settings->instance, (mc_log_level_t)level, is_json);
    return 0;
}

static int
open_loop(mc_service_t *self)
{
    self->signals = mc_process_signals();
    if (self->signals == -1)
        return -1;
    zsys_handler_set(NULL);
    self->loop = zloop_new();
    zloop_set_nonstop(self->loop, true);
    self->turns = mc_turns_new(self->loop);
    self->watches = mc_watches_new(self->loop);
    mc_watches_set_batch_end(self->watches, end_turn, self->turns);
    self->work = mc_work_new(self->watches);
    mc_watches_set(self->watches, self->signals, ZMQ_POLLIN, on_signal, self);
    return 0;
}

static mc_http_limits_t
limits_of(const mc_service_t *self)
{
    const mc_service_spec_t *spec = self->spec;
    mc_http_limits_t limits = spec->limits ? *spec->limits : (mc_http_limits_t){0};
    if (spec->request_timeout_offset)
        limits.request_timeout_s =
            (int)*(const int64_t *)((const char *)self->settings + spec->request_timeout_offset);
    return limits;
}

static int
open_endpoints(mc_service_t *self)
{
    const mc_service_spec_t *spec = self->spec;
    const mc_setting_row_t *port = mc_setting_row(spec->port_offset);
    assert(port);
    self->metrics = mc_metrics_new(spec->name, spec->metrics, spec->metric_count);
    self->bus = mc_bus_new(self->loop, self->settings, spec->name, spec->handlers);
    if (!self->bus)
        return mc_fail_while("opening the bus");
    if (mc_bus_is_in_the_clear(self->bus))
        mc_log(&service_log_bus_in_the_clear, "bus_key_dir=%s", self->settings->bus_key_dir);

    mc_http_limits_t limits = limits_of(self);
    self->pages = mc_pages_new(self, spec->routes);
    self->edge = mc_http_edge_new(self, self->settings->listen_address, port_of(self),
                                  port->variable, mc_pages_routes(self->pages), &limits);
    return self->edge ? 0 : -1;
}

static int
start(mc_service_t *self)
{
    const mc_service_spec_t *spec = self->spec;
    if (open_log(self) == -1 || mc_process_harden() == -1 || open_loop(self) == -1 ||
        open_endpoints(self) == -1)
        return -1;
    self->state = spec->start(self);
    if (!self->state)
        return -1;

    mc_bus_bind(self->bus, self->state);
    mc_bus_hear_also(self->bus, MC_MESSAGE_GET_STATUS, on_get_status, self);
    mc_http_edge_bind(self->edge, self->state, spec->authorize);
    for (const mc_service_timer_t *timer = spec->timers; timer && timer->tick; timer++)
        mc_turns_every(self->turns, timer->every_ms, timer->tick, self->state);
    mc_turns_every(self->turns, READINESS_MS, watch_readiness, self);
    mc_turns_every(self->turns, REST_MS, rest, self);
    mc_log(&service_log_started, "version=%s pid=%d address=%s port=%d", MC_VERSION, (int)getpid(),
           self->settings->listen_address, port_of(self));
    watch_readiness(self);
    return 0;
}

/* In the reverse order; also after half a start. */
static void
stop(mc_service_t *self)
{
    if (self->bus)
        mc_bus_close(self->bus);
    if (self->edge)
        mc_http_edge_close(self->edge);
    mc_work_destroy(&self->work); /* what runs on its thread uses the state */
    if (self->state)
        self->spec->stop(mc_take(&self->state));
    mc_http_edge_destroy(&self->edge);
    mc_pages_destroy(&self->pages);
    mc_bus_destroy(&self->bus);
    mc_metrics_destroy(&self->metrics);
    mc_watches_destroy(&self->watches);
    mc_turns_destroy(&self->turns);
    zloop_destroy(&self->loop);
    if (self->signals != -1)
        close(self->signals);
}

static int
run(mc_service_t *self)
{
    if (start(self) == -1) {
        mc_log(&service_log_failed, "reason=%s", mc_error());
        return 1;
    }
    zloop_start(self->loop);
    if (!self->reason[0])
        return 0;
    mc_log(&service_log_failed, "reason=%s", self->reason);
    return 1;
}

int
mc_service_run(const mc_service_spec_t *spec)
{
    int code = mc_usage_answer(spec->name);
    if (code != -1)
        return code;

    mc_process_slim();
    mc_log_open(spec->name, "", MC_LOG_INFO, false);
    mc_service_t self = {.spec = spec,
                         .signals = -1,
                         .started_us = mc_clock_steady_us(),
                         .started_at_us = mc_clock_us()};
    self.settings = mc_settings_new();
    if (!self.settings) {
        mc_log(&service_log_failed, "reason=%s", mc_error());
        return 1;
    }
    code = run(&self);
    stop(&self);
    mc_settings_destroy(&self.settings);
    if (code == 0)
        mc_log(&service_log_stopped, "pid=%d", (int)getpid());
    return code;
}
