/*
 *  boundary_part - a boundary as a part of the platform: hears holds, acknowledges epochs
 */
#include "common/boundary_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"

#define NAME_BYTES 200
#define ANSWER_MS 2000

struct mc_boundary_part {
    mc_bus_t *bus;
    mc_boundary_t *boundary;
    const char *kind;
    int64_t started_us;
    int64_t acknowledged; /* epoch; -1: none */
    int64_t cut;          /* calls, at the last acknowledgement */
    bool is_asking;
    bool is_greeting;
    char name[NAME_BYTES];
    char instance[NAME_BYTES];
};

mc_boundary_limits_t
mc_boundary_limits(const mc_settings_t *settings)
{
    return (mc_boundary_limits_t){
        .held_max = (size_t)settings->held_calls_max,
        .held_bytes_max = (size_t)settings->held_bytes_max,
        .held_us_max = settings->held_seconds_max * 1000000,
    };
}

/* What was not heard is said again by the next hello, which has the epoch too. */
static void
on_acknowledged(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    (void)arg;
    (void)records;
    (void)refusal;
}

static void
acknowledge(mc_boundary_part_t *self)
{
    mc_boundary_counts_t counts = mc_boundary_counts(self->boundary);
    mc_part_ack_t ack = {0};
    mc_set(&ack, part_ack, part_id, mc_text(self->name));
    mc_set(&ack, part_ack, epoch, counts.epoch);
    mc_set(&ack, part_ack, state, MC_TEXT("applied"));
    mc_set(&ack, part_ack, enforcement, MC_TEXT("strong"));
    mc_set(&ack, part_ack, held, (int64_t)counts.held);
    mc_set(&ack, part_ack, cut, counts.cut - self->cut);
    self->acknowledged = counts.epoch;
    self->cut = counts.cut;
    mc_bus_call(self->bus, "control", MC_MESSAGE_PART_ACK, mc_list_one(&ack), ANSWER_MS,
                on_acknowledged, self);
}

/* Published and asked for, a set may come late: the newer one stays. */
static void
on_holds(void *arg, mc_list_t records)
{
    mc_boundary_part_t *self = arg;
    const mc_hold_set_t *set = records.items;
    if (records.count != 1 || set->epoch < mc_boundary_counts(self->boundary).epoch)
        return;
    mc_boundary_apply(self->boundary, set);
    if (set->epoch > self->acknowledged)
        acknowledge(self);
}

static void
on_snapshot(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_boundary_part_t *self = arg;
    self->is_asking = false;
    if (!refusal)
        on_holds(self, *records);
}

static void
ask_holds(void *arg)
{
    mc_boundary_part_t *self = arg;
    if (self->is_asking)
        return;
    self->is_asking = true;
    mc_bus_call(self->bus, "control", MC_MESSAGE_GET_HOLDS, (mc_list_t){0}, ANSWER_MS, on_snapshot,
                self);
}

/* control says which epoch there is: one that was missed is asked for. */
static void
on_hello(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    mc_boundary_part_t *self = arg;
    self->is_greeting = false;
    if (refusal || records->count != 1)
        return;
    const mc_verdict_t *verdict = records->items;
    if (verdict->epoch > mc_boundary_counts(self->boundary).epoch)
        ask_holds(self);
}

void
mc_boundary_part_beat(mc_boundary_part_t *self)
{
    mc_boundary_counts_t counts = mc_boundary_counts(self->boundary);
    mc_control_part_t part = {0};
    mc_boundary_tick(self->boundary);
    if (counts.epoch < 0)
        ask_holds(self);
    if (self->is_greeting)
        return;
    self->is_greeting = true;
    mc_set(&part, control_part, id, mc_text(self->name));
    mc_set(&part, control_part, kind, mc_text(self->kind));
    mc_set(&part, control_part, instance, mc_text(self->instance));
    mc_set(&part, control_part, enforcement, MC_TEXT("strong"));
    mc_set(&part, control_part, started_at, self->started_us);
    if (counts.epoch >= 0)
        mc_set(&part, control_part, epoch, counts.epoch);
    mc_bus_call(self->bus, "control", MC_MESSAGE_PART_HELLO, mc_list_one(&part), ANSWER_MS,
                on_hello, self);
}

mc_boundary_part_t *
mc_boundary_part_new(mc_service_t *service, mc_boundary_t *boundary, const char *kind)
{
    const mc_settings_t *settings = mc_service_settings(service);
    mc_boundary_part_t *self = calloc(1, sizeof *self);
    char host[64] = "";
    assert(self);
    gethostname(host, sizeof host - 1);
    self->bus = mc_service_bus(service);
    self->boundary = boundary;
    self->kind = kind;
    self->started_us = mc_clock_us();
    self->acknowledged = -1;
    snprintf(self->name, sizeof self->name, "%s-%s@%s", kind,
             settings->instance[0] ? settings->instance : "1", host);
    snprintf(self->instance, sizeof self->instance, "%s:%d", host, (int)getpid());
    mc_bus_subscribe(self->bus, "control", MC_MESSAGE_HOLDS_CHANGED, on_holds, ask_holds, self);
    mc_boundary_part_beat(self);
    return self;
}

void
mc_boundary_part_destroy(mc_boundary_part_t **address)
{
    free(mc_take(address));
}
