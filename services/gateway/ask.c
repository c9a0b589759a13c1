/*
 *  ask - one HTTP request that is being answered
 */
#include "ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "proto/codec.h"

static void
on_gone(void *arg)
{
    gateway_ask_t *self = arg;
    self->request = NULL;
    GATEWAY_COUNT(self->gateway, clients_gone);
}

gateway_ask_t *
gateway_ask_new(gateway_t *gateway, mc_http_request_t *request)
{
    gateway_ask_t *self = calloc(1, sizeof *self);
    self->gateway = gateway;
    self->request = request;
    self->arena = mc_arena_new();
    self->started_us = mc_clock_steady_us();
    mc_http_on_gone(request, on_gone, self);
    return self;
}

static void
end(gateway_ask_t *self)
{
    mc_metrics_observe_us(self->gateway->metrics, GATEWAY_METRIC_command,
                          mc_clock_steady_us() - self->started_us);
    mc_arena_destroy(&self->arena);
    free(self);
}

int
gateway_ask_read(gateway_ask_t *self, const PGresult *result, const mc_refusal_t *refusal,
                 const mc_shape_t *shape, mc_list_t *ret_records)
{
    if (refusal) {
        gateway_ask_refuse(self, refusal);
        return -1;
    }
    if (mc_store_read_all(result, shape, self->arena, ret_records)) {
        gateway_ask_fail(self);
        return -1;
    }
    return 0;
}

void
gateway_ask_json(gateway_ask_t *self, int status, mc_buffer_t *content)
{
    if (content->is_full) {
        mc_buffer_clear(content);
        gateway_ask_refuse_with(self, MC_TOO_LARGE_ERROR,
                                "the answer would be larger than %zu MiB; ask with a lower limit",
                                MC_BUFFER_BYTES_MAX >> 20);
        return;
    }
    if (self->request)
        mc_http_answer_json(self->request, status, content);
    else
        mc_buffer_clear(content);
    end(self);
}

void
gateway_ask_empty(gateway_ask_t *self, int status)
{
    if (self->request)
        mc_http_answer_empty(self->request, status);
    end(self);
}

void
gateway_ask_refuse(gateway_ask_t *self, const mc_refusal_t *refusal)
{
    GATEWAY_COUNT(self->gateway, commands_refused);
    if (self->request)
        mc_http_refuse(self->request, refusal);
    end(self);
}

void
gateway_ask_refuse_with(gateway_ask_t *self, mc_error_code_t code, const char *format, ...)
{
    mc_refusal_t refusal = {.code = (int)code};
    va_list args;
    va_start(args, format);
    vsnprintf(refusal.message, sizeof refusal.message, format, args);
    va_end(args);
    gateway_ask_refuse(self, &refusal);
}

void
gateway_ask_fail(gateway_ask_t *self)
{
    mc_log(&gateway_log_store_failed, "reason=%s", mc_error());
    gateway_ask_refuse_with(self, MC_INTERNAL_ERROR,
                            "something failed here; the log of the gateway has the reason");
}

/* The cursor of a record, by the names of its fields. */
static mc_cursor_t
cursor_of(gateway_paging_t paging, const mc_shape_t *shape, const void *record)
{
    const mc_field_t *order = mc_shape_find_name(shape, mc_text(paging.order));
    const mc_field_t *id = mc_shape_find_name(shape, mc_text(paging.id));
    assert(order);
    mc_cursor_t cursor = {.order = *(const int64_t *)mc_record_member(record, order)};
    if (id)
        cursor.id = *(const mc_text_t *)mc_record_member(record, id);
    return cursor;
}

static void
write_page(gateway_ask_t *self, const mc_shape_t *shape, mc_list_t records, mc_buffer_t *out)
{
    const char *last = (const char *)records.items + (records.count - 1) * shape->size;
    bool is_full = self->paging.order && records.count && (int64_t)records.count >= self->limit;
    if (is_full)
        self->next = cursor_of(self->paging, shape, last);

    mc_buffer_string(out, "{\"items\":");
    mc_write_json_list(shape, records, out);
    mc_buffer_string(out, ",\"nextCursor\":");
    if (is_full || self->has_next)
        mc_write_json_text(out, mc_cursor_write(self->next, self->arena));
    else
        mc_buffer_string(out, "null");
    mc_buffer_string(out, "}");
}

static void
refuse_missing(gateway_ask_t *self, const mc_shape_t *shape)
{
    mc_text_t id = self->request ? mc_http_param(self->request, "id") : (mc_text_t){0};
    gateway_ask_refuse_with(self, MC_NOT_FOUND_ERROR, "there is no %s %.*s", shape->name,
                            id.size > 128 ? 128 : (int)id.size, id.data ? id.data : "");
}

void
gateway_ask_records(gateway_ask_t *self, const mc_shape_t *shape, mc_list_t records)
{
    bool is_list = self->command ? self->command->is_many : true;
    bool is_single = self->form == GATEWAY_SINGLE || (self->form == GATEWAY_BARE && !is_list);
    if (is_single && records.count == 0) {
        refuse_missing(self, shape);
        return;
    }

    mc_buffer_t out = {0};
    if (is_single)
        mc_write_json(shape, records.items, &out);
    else if (self->form == GATEWAY_PAGE)
        write_page(self, shape, records, &out);
    else
        mc_write_json_list(shape, records, &out);
    gateway_ask_json(self, 200, &out);
}
