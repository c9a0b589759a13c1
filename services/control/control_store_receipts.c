/*
 *  control_store_receipts - receipts, who acknowledged, and the chain of hashes
 */
#include "services/control/control_store_receipts.h"

#include "services/control/control_columns.h"

/* An entry of the chain whose record is made from the rows of a table `rows`. */
#define HEAD "head AS (SELECT last_seq + 1 AS seq, last_hash FROM aop_control_chain FOR UPDATE)"
#define ENTER                                                                                      \
    " entered AS (INSERT INTO aop_control_entries AS e (seq, record, hash) SELECT h.seq, "         \
    "w.record,"                                                                                    \
    " sha256(h.last_hash || convert_to(w.record, 'UTF8')) FROM record w, head h"                   \
    " RETURNING e.seq, e.hash),"                                                                   \
    " moved AS (UPDATE aop_control_chain SET last_seq = e.seq, last_hash = e.hash FROM entered e)"

#define RECEIPTS                                                                                   \
    "SELECT r.id, r.epoch, " SCOPE_COLUMNS(                                                        \
        "r") ", r.verb, r.mode, r.reason, r.requested_by,"                                         \
             " r.created_at, r.done_at, r.tasks_changed, r.hold_id, r.chain_seq, r.parts_seq,"     \
             " r.is_superseded, encode(e.hash, 'hex') AS hash,"                                    \
             " CASE WHEN r.is_superseded THEN 'superseded' ELSE 'open' END AS state,"              \
             " coalesce(p.acknowledged, 0) AS acknowledged, coalesce(p.expected, 0) AS expected,"  \
             " coalesce(p.held, 0)::bigint AS held, coalesce(p.cut, 0)::bigint AS cut"             \
             " FROM aop_control_receipts r LEFT JOIN aop_control_entries e ON e.seq = r.chain_seq" \
             " LEFT JOIN LATERAL (SELECT count(*) AS expected, sum(held) AS held, sum(cut) AS "    \
             "cut,"                                                                                \
             " count(*) FILTER (WHERE acknowledged <> 'failed') AS acknowledged"                   \
             " FROM aop_control_receipt_parts p WHERE p.receipt_id = r.id) p ON true"

void
control_store_read_open_receipts(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                                 void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store,
                 RECEIPTS " WHERE r.done_at IS NULL AND NOT r.is_superseded ORDER BY r.epoch",
                 &params, answer, arg);
}

void
control_store_list_receipts(control_t *control, const mc_receipt_query_t *query,
                            mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char sql[] = RECEIPTS
        " WHERE ($1::uuid IS NULL OR r.id = $1) AND ($2::text IS NULL OR r.root_task_id = $2)"
        " AND ($3::bigint IS NULL OR r.epoch < $3) ORDER BY r.epoch DESC LIMIT $4::bigint";
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text_or_null(&params, query->id);
    mc_store_param_text_or_null(&params, query->root_task_id);
    mc_store_param_member(&params, &mc_receipt_query_shape, MC_INDEX_receipt_query_before_epoch,
                          query);
    mc_store_param_i64(&params, query->limit);
    mc_store_ask(control->store, sql, &params, answer, ask);
}

void
control_store_read_receipt_parts(control_t *control, const control_receipt_ids_t *ids,
                                 mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "SELECT receipt_id, part_id, kind, run_id, instance, CASE WHEN acknowledged IS NULL"
        " THEN 'waiting' WHEN acknowledged = 'failed' THEN 'failed' ELSE 'acknowledged' END"
        " AS state, acknowledged, acked_at, enforcement, held, cut, processes, note"
        " FROM aop_control_receipt_parts WHERE receipt_id::text = ANY($1)"
        " ORDER BY receipt_id, acked_at NULLS FIRST, part_id";
    mc_store_params_t params = {.arena = ids->arena};
    mc_store_param_texts(&params, ids->ids, ids->count);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_open_receipts(control_t *control, mc_arena_t *arena, mc_text_t parts,
                            mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "WITH " HEAD ", said AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS q"
        " (receipt_id uuid, part_id text, kind text, run_id text, instance text)),"
        " record AS (SELECT jsonb_build_object('kind', 'parts', 'seq', h.seq, 'parts',"
        " coalesce((SELECT jsonb_agg(jsonb_build_object('receiptId', s.receipt_id, 'partId',"
        " s.part_id, 'kind', s.kind, 'runId', s.run_id) ORDER BY s.receipt_id, s.part_id)"
        " FROM said s), '[]'))::text AS record FROM head h)," ENTER
        ", put AS (INSERT INTO aop_control_receipt_parts (receipt_id, part_id, kind, run_id,"
        " instance) SELECT s.receipt_id, s.part_id, s.kind, s.run_id, s.instance FROM said s"
        " WHERE s.part_id IS NOT NULL ON CONFLICT DO NOTHING)"
        " UPDATE aop_control_receipts r SET parts_seq = h.seq,"
        " done_at = CASE WHEN NOT EXISTS (SELECT 1 FROM said s WHERE s.receipt_id = r.id"
        " AND s.part_id IS NOT NULL) THEN now() ELSE r.done_at END FROM head h"
        " WHERE r.id IN (SELECT receipt_id FROM said) AND r.parts_seq IS NULL RETURNING r.id";
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, parts);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_acknowledge(control_t *control, mc_arena_t *arena, mc_text_t acks,
                          mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "WITH " HEAD ", said AS (SELECT DISTINCT ON (q.receipt_id, q.part_id) q.* FROM"
        " jsonb_to_recordset($1::jsonb) AS q (receipt_id uuid, part_id text, kind text,"
        " run_id text, instance text, acknowledged text, acked_us bigint, enforcement text,"
        " held bigint, cut bigint, processes bigint, note text, is_last boolean)"
        " JOIN aop_control_receipts r ON r.id = q.receipt_id"
        " ORDER BY q.receipt_id, q.part_id, q.acked_us DESC),"
        " put AS (INSERT INTO aop_control_receipt_parts AS p (receipt_id, part_id, kind, run_id,"
        " instance, acknowledged, acked_at, enforcement, held, cut, processes, note, chain_seq)"
        " SELECT s.receipt_id, s.part_id, s.kind, s.run_id, s.instance, s.acknowledged,"
        " timestamptz 'epoch' + s.acked_us * interval '1 microsecond', s.enforcement, s.held,"
        " s.cut, s.processes, s.note, h.seq FROM said s, head h"
        " ON CONFLICT (receipt_id, part_id) DO UPDATE SET acknowledged = excluded.acknowledged,"
        " acked_at = excluded.acked_at, enforcement = excluded.enforcement, held = excluded.held,"
        " cut = excluded.cut, processes = excluded.processes, note = excluded.note,"
        " run_id = excluded.run_id, chain_seq = excluded.chain_seq"
        " RETURNING p.receipt_id, p.part_id, " ACK_RECORD " AS ack),"
        " record AS (SELECT jsonb_build_object('kind', 'acks', 'seq', h.seq, 'acks',"
        " (SELECT jsonb_agg(ack ORDER BY receipt_id, part_id) FROM put))::text AS record"
        " FROM head h WHERE EXISTS (SELECT 1 FROM said))," ENTER
        " UPDATE aop_control_receipts r SET done_at = now() FROM said s"
        " WHERE s.receipt_id = r.id AND s.is_last AND r.done_at IS NULL RETURNING r.id";
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, acks);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_read_entries(control_t *control, int64_t after, mc_store_answer_fn *answer,
                           mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_i64(&params, after);
    mc_store_ask(control->store,
                 "SELECT seq, record, encode(hash, 'hex') FROM aop_control_entries"
                 " WHERE seq > $1 ORDER BY seq LIMIT 1000",
                 &params, answer, ask);
}

void
control_store_compare_receipts(control_t *control, mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char sql[] =
        "SELECT c.last_seq, encode(c.last_hash, 'hex'),"
        " (SELECT count(*) FROM aop_control_receipts),"
        " coalesce((SELECT r.id FROM aop_control_receipts r LEFT JOIN aop_control_entries e"
        " ON e.seq = r.chain_seq WHERE e.record IS DISTINCT FROM " RECEIPT_RECORD
        " ORDER BY r.epoch LIMIT 1),"
        " (SELECT (e.record::jsonb ->> 'id')::uuid FROM aop_control_entries e"
        " WHERE e.record::jsonb ->> 'kind' = 'verb' AND NOT EXISTS (SELECT 1"
        " FROM aop_control_receipts r WHERE r.chain_seq = e.seq) ORDER BY e.seq LIMIT 1),"
        " (SELECT p.receipt_id FROM aop_control_receipt_parts p LEFT JOIN aop_control_entries e"
        " ON e.seq = p.chain_seq WHERE p.acknowledged IS NOT NULL AND (e.record::jsonb -> 'acks')"
        " @> jsonb_build_array(" ACK_RECORD ") IS NOT TRUE ORDER BY p.receipt_id LIMIT 1))"
        " FROM aop_control_chain c";
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_ask(control->store, sql, &params, answer, ask);
}
