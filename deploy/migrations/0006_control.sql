-- What is asked of a scope and what came of it. A verb makes or lifts holds; each verb leaves a
-- receipt; what was asked, who must acknowledge and who did are entries of a chain of hashes.

-- One row: the epoch of the holds and the end of the chain. Its lock puts all changes in order.
CREATE TABLE aop_control_chain (
    single    boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch     bigint NOT NULL,
    last_seq  bigint NOT NULL,
    last_hash bytea NOT NULL
);
INSERT INTO aop_control_chain (epoch, last_seq, last_hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'));

-- hash = sha256(hash of the entry before || record)
CREATE TABLE aop_control_entries (
    seq    bigint PRIMARY KEY,
    record text NOT NULL,
    hash   bytea NOT NULL
);

-- scope_key names the scope: one pause and one stop can be in force on each. A fence keeps out the
-- runs of before a restart.
CREATE TABLE aop_control_holds (
    id                   uuid PRIMARY KEY,
    scope_key            text NOT NULL,
    epoch                bigint NOT NULL,
    root_task_id         text,
    scope_type           text NOT NULL CHECK (scope_type IN ('tree', 'tier', 'agent', 'task', 'filter')),
    tier                 bigint,
    agent_task_id        text,
    provider             text,
    model_id             text,
    persona              text,
    skill                text,
    mcp_server           text,
    spend_usd_per_minute numeric,
    kind                 text NOT NULL CHECK (kind IN ('pause', 'stop', 'fence')),
    mode                 text NOT NULL CHECK (mode IN ('boundary', 'now', 'drain', 'quarantine')),
    reason               text,
    requested_by         text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    expires_at           timestamptz,
    on_expiry            text CHECK (on_expiry IN ('resume', 'stop')),
    warned_at            timestamptz,
    grace_seconds        bigint,
    receipt_id           uuid,
    lifted_at            timestamptz,
    lifted_epoch         bigint
);
CREATE UNIQUE INDEX aop_control_holds_force ON aop_control_holds (scope_key, kind)
    WHERE lifted_at IS NULL AND kind <> 'fence';
CREATE INDEX aop_control_holds_open ON aop_control_holds (epoch) WHERE lifted_at IS NULL;

-- Runs that a hold names: old ones go on under a drain and stay out behind a fence; the others came
-- into it by what they spend.
CREATE TABLE aop_control_hold_runs (
    hold_id uuid NOT NULL REFERENCES aop_control_holds (id),
    run_id  text NOT NULL,
    is_old  boolean NOT NULL,
    PRIMARY KEY (hold_id, run_id)
);

CREATE TABLE aop_control_receipts (
    id                   uuid PRIMARY KEY,
    epoch                bigint NOT NULL UNIQUE,
    scope_key            text NOT NULL,
    root_task_id         text,
    scope_type           text NOT NULL,
    tier                 bigint,
    agent_task_id        text,
    provider             text,
    model_id             text,
    persona              text,
    skill                text,
    mcp_server           text,
    spend_usd_per_minute numeric,
    verb                 text NOT NULL,
    mode                 text NOT NULL,
    reason               text,
    requested_by         text,
    created_at           timestamptz NOT NULL,
    done_at              timestamptz,
    tasks_changed        bigint NOT NULL,
    hold_id              uuid,
    chain_seq            bigint NOT NULL,
    parts_seq            bigint,
    is_superseded        boolean NOT NULL DEFAULT false
);
CREATE INDEX aop_control_receipts_root ON aop_control_receipts (root_task_id, epoch DESC);
CREATE INDEX aop_control_receipts_open ON aop_control_receipts (epoch)
    WHERE done_at IS NULL AND NOT is_superseded;

-- Who must acknowledge, and who did. chain_seq is the entry of the acknowledgement.
CREATE TABLE aop_control_receipt_parts (
    receipt_id   uuid NOT NULL REFERENCES aop_control_receipts (id),
    part_id      text NOT NULL,
    kind         text NOT NULL,
    run_id       text,
    instance     text,
    acknowledged text,
    acked_at     timestamptz,
    enforcement  text,
    held         bigint,
    cut          bigint,
    processes    bigint,
    note         text,
    chain_seq    bigint,
    PRIMARY KEY (receipt_id, part_id)
);

-- Parts that enforce, so that one that went while nobody looked is still missed.
CREATE TABLE aop_control_parts (
    id            text PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('router', 'mcp-proxy', 'run', 'agent')),
    instance      text,
    root_task_id  text,
    run_id        text,
    task_id       text,
    enforcement   text,
    started_at    timestamptz,
    tier          bigint,
    actor         text,
    persona       text,
    skill         text,
    parent_run_id text,
    seen_at       timestamptz NOT NULL DEFAULT now()
);
