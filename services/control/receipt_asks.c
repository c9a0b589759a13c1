/*
 *  receipt_asks - reading receipts, and checking the chain
 */
#include <sodium.h>

#include "common/error.h"
#include "common/ids.h"
#include "services/control/control_store_receipts.h"
#include "services/control/receipt_rows.h"

#define HEX_BYTES (2 * crypto_hash_sha256_BYTES)

static void
show_state(mc_control_receipt_t *receipt)
{
    if (!mc_text_is(receipt->state, "superseded"))
        mc_set(
            receipt, control_receipt, state,
            mc_text(control_receipt_word(receipt->verb, receipt->acknowledged, receipt->expected)));
}

/* A part that still has to say something and is not here, is gone. */
static void
show_gone(const control_t *control, mc_receipt_part_t *part)
{
    const control_part_t *known = control_parts_find(control->parts, part->part_id);
    if (mc_text_is(part->state, "waiting") && (!known || known->is_gone))
        mc_set(part, receipt_part, state, MC_TEXT("gone"));
}

static void
on_parts(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_control_receipt_t *receipt = ask->plan;
    mc_list_t parts;
    if (mc_ask_read(ask, result, refusal, &mc_receipt_part_shape, &parts) == -1)
        return;
    mc_receipt_part_t *part = (mc_receipt_part_t *)parts.items;
    for (size_t i = 0; i < parts.count; i++)
        show_gone(control_of(ask), &part[i]);
    mc_set(receipt, control_receipt, parts, parts);
    mc_ask_answer(ask, &mc_control_receipt_shape, mc_list_one(receipt));
}

static void
on_receipts(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_receipt_query_t *query = ask->input;
    mc_list_t receipts;
    if (mc_ask_read(ask, result, refusal, &mc_control_receipt_shape, &receipts) == -1)
        return;
    mc_control_receipt_t *receipt = (mc_control_receipt_t *)receipts.items;
    for (size_t i = 0; i < receipts.count; i++)
        show_state(&receipt[i]);
    if (query->id.size == 0 || receipts.count != 1) {
        mc_ask_answer(ask, &mc_control_receipt_shape, receipts);
        return;
    }
    ask->plan = receipt;
    control_receipt_ids_t ids = {&query->id, 1, ask->arena};
    control_store_read_receipt_parts(control_of(ask), &ids, on_parts, ask);
}

void
control_on_list_receipts(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_receipt_query_t *query = ask->input;
    mc_uuid_t id;
    if (query->id.size && mc_uuid_read(query->id, &id)) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "id", "there is no receipt \"%.*s\"",
                           MC_FMT(mc_ask_shown(query->id)));
        return;
    }
    control_store_list_receipts(control_of(ask), query, on_receipts, ask);
}

/* --- the chain ---------------------------------------------------------------------------------
 */

typedef struct {
    unsigned char hash[crypto_hash_sha256_BYTES]; /* of the entry before */
    int64_t last_seq;
    int64_t broken_seq; /* 0: none */
} check_t;

static void
print_hash(const unsigned char *hash, char ret_text[HEX_BYTES + 1])
{
    sodium_bin2hex(ret_text, HEX_BYTES + 1, hash, crypto_hash_sha256_BYTES);
}

/* Is it the next entry, and has it the hash that it must have? */
static bool
check_entry(check_t *self, const PGresult *result, int row)
{
    crypto_hash_sha256_state state;
    char text[HEX_BYTES + 1];
    mc_text_t record = mc_store_text(result, row, 1);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, self->hash, sizeof self->hash);
    crypto_hash_sha256_update(&state, (const unsigned char *)record.data, record.size);
    crypto_hash_sha256_final(&state, self->hash);
    print_hash(self->hash, text);
    return mc_store_i64(result, row, 0) == ++self->last_seq &&
           mc_text_is(mc_store_text(result, row, 2), text);
}

static void
on_compared(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    check_t *check = ask->plan;
    mc_receipt_check_t report = {0};
    char hash[HEX_BYTES + 1];
    if (mc_ask_check(ask, refusal) == -1)
        return;
    print_hash(check->hash, hash);
    bool is_end = mc_store_i64(result, 0, CONTROL_CHAIN_SEQ) == check->last_seq &&
                  mc_text_is(mc_store_text(result, 0, CONTROL_CHAIN_HASH), hash);
    if (!check->broken_seq && !is_end)
        check->broken_seq = check->last_seq + 1;
    bool has_broken = !PQgetisnull(result, 0, CONTROL_CHAIN_BROKEN);
    mc_set(&report, receipt_check, is_whole, !check->broken_seq && !has_broken);
    mc_set(&report, receipt_check, entries, check->last_seq);
    mc_set(&report, receipt_check, receipts, mc_store_i64(result, 0, CONTROL_CHAIN_RECEIPTS));
    mc_set(&report, receipt_check, hash, mc_text(hash));
    if (check->broken_seq)
        mc_set(&report, receipt_check, broken_seq, check->broken_seq);
    if (has_broken)
        mc_set(&report, receipt_check, broken_receipt,
               mc_store_uuid(result, 0, CONTROL_CHAIN_BROKEN));
    mc_ask_answer(ask, &mc_receipt_check_shape, mc_list_one(&report));
}

static void
on_entries(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    check_t *check = ask->plan;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    int rows = PQntuples(result);
    for (int row = 0; row < rows && !check->broken_seq; row++)
        if (!check_entry(check, result, row))
            check->broken_seq = check->last_seq;
    if (rows == 0 || check->broken_seq)
        control_store_compare_receipts(control_of(ask), on_compared, ask);
    else
        control_store_read_entries(control_of(ask), check->last_seq, on_entries, ask);
}

void
control_on_verify_receipts(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    ask->plan = mc_arena_alloc(ask->arena, sizeof(check_t));
    control_store_read_entries(control_of(ask), 0, on_entries, ask);
}
