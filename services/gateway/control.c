/*
 *  control - what parts say over HTTP, on its way to control; receipts
 */
#include "control.h"

#include "ask.h"
#include "commands.h"
#include "params.h"

static void
on_verdict(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    if (refusal && refusal->code == MC_SERVICE_MISSING_ERROR)
        gateway_ask_refuse_with(ask, MC_SERVICE_MISSING_ERROR, "control is not running");
    else if (refusal)
        gateway_ask_refuse(ask, refusal);
    else
        gateway_ask_records(ask, &mc_verdict_shape, *records);
}

/* Reads the body as a record of the shape and sends it to control. */
static void
relay(gateway_t *gateway, mc_http_request_t *request, const mc_shape_t *shape, uint16_t tag)
{
    gateway_ask_t *ask = gateway_ask_new(gateway, request);
    void *record = mc_arena_alloc(ask->arena, shape->size);
    mc_json_t root;
    mc_refusal_t refusal;
    ask->form = GATEWAY_SINGLE;
    if (mc_json_parse(gateway->json, mc_http_body(request), &root, &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    if (mc_json_kind(root) != MC_JSON_OBJECT) {
        gateway_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "the body must be an object");
        return;
    }
    if (mc_json_read(shape, root, ask->arena, false, record, &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    mc_bus_call(gateway->bus, "control", tag, mc_list_one(record), MC_BUS_TIMEOUT_MS, on_verdict,
                ask);
}

void
gateway_on_part(void *state, mc_http_request_t *request)
{
    relay(state, request, &mc_control_part_shape, MC_MESSAGE_PART_HELLO);
}

void
gateway_on_ack(void *state, mc_http_request_t *request)
{
    relay(state, request, &mc_part_ack_shape, MC_MESSAGE_PART_ACK);
}

/* ?verify=true checks the chain in the place of listing it. */
void
gateway_on_receipts(void *state, mc_http_request_t *request)
{
    static const char *const names[] = {"verify", "cursor", NULL};
    bool does_verify = mc_text_is(mc_http_query(request, "verify"), "true");
    gateway_ask_t *ask = gateway_ask_new(state, request);
    const char *name = does_verify ? "verify_receipts" : "list_receipts";
    mc_refusal_t refusal;
    gateway_command_begin(ask, mc_command_find(mc_text(name)));
    ask->form = does_verify ? GATEWAY_BARE : GATEWAY_PAGE;
    ask->paging = (gateway_paging_t){"epoch", NULL};
    mc_text_t cursor = mc_http_query(request, "cursor");
    mc_receipt_query_t *query = ask->input;
    if (gateway_params_read(request, ask->command->input, names, ask->arena, ask->input,
                            &refusal) ||
        (cursor.size && mc_cursor_read(cursor, ask->arena, &ask->cursor, &refusal))) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    if (!does_verify) {
        ask->limit = query->limit;
        if (cursor.size)
            mc_set(query, receipt_query, before_epoch, ask->cursor.order);
    }
    gateway_command_run(ask);
}
