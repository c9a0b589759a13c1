/*
 *  services - every instance of every service, as it says of itself
 *
 *  Each address on the bus is asked get_status, ours too. Who has not answered
 *  at the deadline is shown with that, and a service without an address as well.
 */
#include "services.h"

#include <stdlib.h>

#include "ask.h"
#include "common/bus/endpoint.h"

#define DEADLINE_MS 1000
#define SERVICES_MAX 16

typedef struct survey survey_t;

/* One address that was asked. */
typedef struct {
    survey_t *survey;
    mc_service_status_t *status; /* filled with what to show when there is no answer */
} question_t;

struct survey {
    gateway_ask_t *ask;
    mc_service_status_t rows[SERVICES_MAX * MC_BUS_PEERS_MAX];
    size_t count;
    size_t open; /* not answered yet */
};

/* Services in the order of their names, instances likewise. */
static int
compare(const void *one, const void *other)
{
    const mc_service_status_t *a = one, *b = other;
    int order = strcmp(a->service.data, b->service.data);
    if (order)
        return order;
    size_t least = a->instance.size < b->instance.size ? a->instance.size : b->instance.size;
    if (least && (order = memcmp(a->instance.data, b->instance.data, least)))
        return order;
    return a->instance.size < b->instance.size ? -1 : a->instance.size > b->instance.size;
}

static void
finish(survey_t *self)
{
    qsort(self->rows, self->count, sizeof self->rows[0], compare);
    gateway_ask_records(self->ask, &mc_service_status_shape, (mc_list_t){self->rows, self->count});
}

/* A copy of the text in the arena, ended by a NUL. */
static mc_text_t
keep(survey_t *self, mc_text_t text)
{
    return mc_arena_printf(self->ask->arena, "%.*s", MC_FMT(text));
}

static void
on_status(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    question_t *question = arg;
    survey_t *self = question->survey;
    mc_service_status_t *status = question->status;
    if (refusal) {
        mc_set(status, service_status, reason, keep(self, mc_text(refusal->message)));
    } else if (records->count == 1) {
        *status = *(const mc_service_status_t *)records->items;
        status->service = keep(self, status->service);
        status->instance = keep(self, status->instance);
        status->reason = keep(self, status->reason);
        status->version = keep(self, status->version);
        status->listen_address = keep(self, status->listen_address);
    }
    if (--self->open == 0)
        finish(self);
}

static mc_service_status_t *
add_row(survey_t *self, const char *service, mc_text_t instance, const char *reason)
{
    mc_service_status_t *row = &self->rows[self->count++];
    mc_set(row, service_status, service, keep(self, mc_text(service)));
    if (instance.size)
        mc_set(row, service_status, instance, keep(self, instance));
    mc_set(row, service_status, is_ready, false);
    mc_set(row, service_status, reason, mc_text(reason));
    return row;
}

/* "2" of ipc://.../ingest-2.rpc; where the address names no instance, all of it. */
static mc_text_t
instance_at(const char *address, const char *service)
{
    const char *slash = strrchr(address, '/');
    const char *end = strrchr(address, '.');
    size_t head = strlen(service);
    if (!slash || !end || strcmp(end, ".rpc") || strncmp(slash + 1, service, head))
        return mc_text(address);
    const char *rest = slash + 1 + head;
    return *rest == '-' ? (mc_text_t){rest + 1, (size_t)(end - rest - 1)} : MC_TEXT("1");
}

static void
ask_service(survey_t *self, const char *service)
{
    gateway_t *gateway = self->ask->gateway;
    const char *addresses[MC_BUS_PEERS_MAX];
    size_t count = mc_bus_addresses(gateway->bus, service, addresses);
    if (count == 0)
        add_row(self, service, (mc_text_t){0}, "no instance of it is on the bus");
    for (size_t i = 0; i < count; i++) {
        question_t *question = mc_arena_alloc(self->ask->arena, sizeof *question);
        mc_text_t instance = instance_at(addresses[i], service);
        *question = (question_t){self, add_row(self, service, instance, "it does not answer")};
        self->open++;
        mc_bus_call_at(gateway->bus, service, addresses[i], MC_MESSAGE_GET_STATUS, DEADLINE_MS,
                       on_status, question);
    }
}

void
gateway_on_services(void *state, mc_http_request_t *request)
{
    gateway_ask_t *ask = gateway_ask_new(state, request);
    survey_t *self = mc_arena_alloc(ask->arena, sizeof *self);
    char service[MC_BUS_SERVICE_BYTES];
    ask->form = GATEWAY_PAGE;
    self->ask = ask;
    for (size_t i = 0; i < SERVICES_MAX && mc_bus_endpoint_service(i, service); i++)
        ask_service(self, service);
    if (self->open == 0)
        finish(self);
}
