/*
 *  control_columns - pieces of SQL that several questions share
 */
#ifndef CONTROL_COLUMNS_H
#define CONTROL_COLUMNS_H

#define TASK_COLUMNS(t)                                                                            \
    t ".id, " t ".parent_id, " t ".tier, " t ".domain, " t ".objective, " t ".status, " t          \
      ".token_budget, " t ".token_usage, " t ".context_efficiency_ratio, " t ".risk_factor, " t    \
      ".compliance_score, " t ".checksum_before, " t ".checksum_after, " t ".error_message, " t    \
      ".retry_count, " t ".created_at, " t ".updated_at, " t ".root_task_id"

#define NEWER "greatest(now(), t.updated_at + interval '1 microsecond')"
#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"

#define SCOPE_COLUMNS(t)                                                                           \
    t ".root_task_id, " t ".scope_type, " t ".tier, " t ".agent_task_id, " t ".provider, " t       \
      ".model_id, " t ".persona, " t ".skill, " t ".mcp_server, " t ".spend_usd_per_minute, " t    \
      ".run_id"
#define HOLD_COLUMNS(t)                                                                            \
    t ".id, " t ".epoch, " SCOPE_COLUMNS(t) ", " t ".mode, " t ".reason, " t ".requested_by, " t   \
                                            ".created_at"
#define PART_COLUMNS                                                                               \
    "id, kind, instance, root_task_id, run_id, task_id, enforcement, started_at, tier, actor,"     \
    " persona, skill, parent_run_id"

/* What a receipt r says for ever: the record of its entry in the chain. Times as numbers: the text
 * of a time depends on the session. */
#define RECEIPT_RECORD                                                                             \
    "jsonb_build_object('kind', 'verb', 'seq', r.chain_seq, 'id', r.id, 'epoch', r.epoch,"         \
    " 'scope', r.scope_key, 'verb', r.verb, 'mode', r.mode, 'reason', r.reason,"                   \
    " 'requestedBy', r.requested_by, 'createdAtUs',"                                               \
    " (extract(epoch FROM r.created_at) * 1000000)::bigint, 'tasksChanged', r.tasks_changed,"      \
    " 'holdId', r.hold_id)::text"

/* The same of an acknowledgement p. */
#define ACK_RECORD                                                                                 \
    "jsonb_build_object('receiptId', p.receipt_id, 'partId', p.part_id, 'kind', p.kind, 'runId',"  \
    " p.run_id, 'acknowledged', p.acknowledged, 'ackedAtUs',"                                      \
    " (extract(epoch FROM p.acked_at) * 1000000)::bigint, 'enforcement', p.enforcement, 'held',"   \
    " p.held, 'cut', p.cut, 'processes', p.processes, 'note', p.note)"

#endif
