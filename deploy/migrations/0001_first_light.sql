-- Tasks, runs, events, the audit log, keys and logins.
--
-- root_task_id is in every key of the tables that a tree spreads over, so that
-- the same files run where those tables are distributed by it.

CREATE TABLE aop_tasks (
    id                       text NOT NULL,
    root_task_id             text NOT NULL,
    parent_id                text,
    tier                     bigint NOT NULL CHECK (tier BETWEEN 1 AND 3),
    domain                   text NOT NULL,
    objective                text NOT NULL,
    status                   text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'executing', 'completed', 'failed', 'paused')),
    token_budget             bigint NOT NULL DEFAULT 0,
    token_usage              bigint NOT NULL DEFAULT 0,
    context_efficiency_ratio double precision NOT NULL DEFAULT 0,
    risk_factor              double precision NOT NULL DEFAULT 0,
    compliance_score         double precision NOT NULL DEFAULT 0,
    checksum_before          text,
    checksum_after           text,
    error_message            text,
    retry_count              bigint NOT NULL DEFAULT 0,
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (root_task_id, id)
);
CREATE INDEX aop_tasks_id ON aop_tasks (id);
CREATE INDEX aop_tasks_parent ON aop_tasks (parent_id);
CREATE INDEX aop_tasks_created ON aop_tasks (created_at DESC, id);

-- One run. What it used itself and what it reported as the sum of its calls are kept apart: the
-- second counts only where no call of its own was seen.
CREATE TABLE aop_agent_runs (
    id                text NOT NULL,
    root_task_id      text NOT NULL,
    task_id           text,
    tier              bigint,
    actor             text NOT NULL,
    persona           text,
    skill             text,
    provider          text,
    model_id          text,
    adapter_kind      text,
    status            text NOT NULL,
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    metadata_json     text,
    parent_run_id     text,
    last_event_at     timestamptz NOT NULL,
    last_action       text,
    last_message      text,
    mcp_server        text,
    mcp_tool          text,
    event_count       bigint NOT NULL DEFAULT 0,
    error_count       bigint NOT NULL DEFAULT 0,
    tier_derived      boolean NOT NULL DEFAULT false,
    last_event_id     bigint NOT NULL DEFAULT 0,
    status_at         timestamptz,
    own_tokens_in     bigint NOT NULL DEFAULT 0,
    own_tokens_out    bigint NOT NULL DEFAULT 0,
    own_cost_usd      numeric(20, 9),
    rollup_tokens_in  bigint NOT NULL DEFAULT 0,
    rollup_tokens_out bigint NOT NULL DEFAULT 0,
    rollup_cost_usd   numeric(20, 9),
    metered_events    bigint NOT NULL DEFAULT 0,
    metered_below     boolean NOT NULL DEFAULT false,
    token_delta       bigint NOT NULL DEFAULT 0,
    tokens_in         bigint GENERATED ALWAYS AS (own_tokens_in
        + CASE WHEN metered_events = 0 AND NOT metered_below THEN rollup_tokens_in ELSE 0 END) STORED,
    tokens_out        bigint GENERATED ALWAYS AS (own_tokens_out
        + CASE WHEN metered_events = 0 AND NOT metered_below THEN rollup_tokens_out ELSE 0 END) STORED,
    cost_usd          numeric(20, 9) GENERATED ALWAYS AS (
        CASE WHEN metered_events = 0 AND NOT metered_below AND rollup_cost_usd IS NOT NULL
             THEN coalesce(own_cost_usd, 0) + rollup_cost_usd ELSE own_cost_usd END) STORED,
    PRIMARY KEY (root_task_id, id)
);
CREATE INDEX aop_agent_runs_started ON aop_agent_runs (started_at DESC, id);
CREATE INDEX aop_agent_runs_root_started ON aop_agent_runs (root_task_id, started_at DESC, id);
CREATE INDEX aop_agent_runs_active ON aop_agent_runs (started_at DESC, id)
    WHERE status IN ('pending', 'executing', 'paused');
CREATE INDEX aop_agent_runs_id ON aop_agent_runs (id);
CREATE INDEX aop_agent_runs_task ON aop_agent_runs (task_id);
CREATE INDEX aop_agent_runs_parent ON aop_agent_runs (root_task_id, parent_run_id);
COMMENT ON COLUMN aop_agent_runs.status_at IS 'Time of the event that set the status; an older event does not';
COMMENT ON COLUMN aop_agent_runs.metered_events IS 'Events with usage of their own';
COMMENT ON COLUMN aop_agent_runs.metered_below IS 'A run below this one has usage of its own';

-- One row per root, so that the list of roots needs no scan.
CREATE TABLE aop_roots (
    root_task_id   text PRIMARY KEY,
    first_event_at timestamptz NOT NULL,
    last_event_at  timestamptz NOT NULL
);
CREATE INDEX aop_roots_last ON aop_roots (last_event_at DESC, root_task_id);

-- Events, append-only, one partition a day (UTC), made ahead of time by ingest. No default
-- partition: an event outside the window goes to the quarantine.
CREATE TABLE aop_agent_events (
    id             bigint NOT NULL,
    event_uid      uuid NOT NULL,
    run_id         text NOT NULL,
    root_task_id   text NOT NULL,
    task_id        text,
    tier           bigint,
    actor          text NOT NULL,
    action         text NOT NULL,
    status         text,
    phase          text,
    message        text,
    provider       text,
    model_id       text,
    persona        text,
    skill          text,
    mcp_server     text,
    mcp_tool       text,
    latency_ms     bigint,
    retry_count    bigint,
    tokens_in      bigint,
    tokens_out     bigint,
    token_delta    bigint,
    cost_usd       numeric(20, 9),
    payload_json   text COMPRESSION lz4,
    ts             timestamptz NOT NULL,
    parent_run_id  text,
    adapter_kind   text,
    is_part        boolean,
    is_rollup      boolean,
    tier_derived   boolean,
    span_id        text,
    parent_span_id text,
    received_at    timestamptz,
    source         text,
    PRIMARY KEY (root_task_id, event_uid, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX aop_agent_events_root ON aop_agent_events (root_task_id, id);
CREATE INDEX aop_agent_events_run ON aop_agent_events (run_id, id);
CREATE INDEX aop_agent_events_id ON aop_agent_events USING brin (id) WITH (pages_per_range = 16);

-- The cursor of event ids. A transaction that stores events takes its ids here and holds the row
-- until it commits, so ids become visible in their order and a reader that has seen one has seen
-- all below it.
CREATE TABLE aop_event_cursor (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    last_id bigint NOT NULL
);
INSERT INTO aop_event_cursor (last_id) VALUES (0);

CREATE TABLE aop_event_quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    event_uid   uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    source      text NOT NULL,
    code        text NOT NULL,
    reason      text NOT NULL,
    body_json   text
);
CREATE INDEX aop_event_quarantine_id ON aop_event_quarantine (id);

CREATE TABLE aop_model_health (
    provider       text NOT NULL,
    model_id       text NOT NULL,
    total_calls    bigint NOT NULL DEFAULT 0,
    success_calls  bigint NOT NULL DEFAULT 0,
    failed_calls   bigint NOT NULL DEFAULT 0,
    avg_latency_ms double precision NOT NULL DEFAULT 0,
    avg_cost_usd   double precision NOT NULL DEFAULT 0,
    quality_score  double precision NOT NULL DEFAULT 0.70,
    last_error     text,
    last_used_at   timestamptz,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, model_id)
);

-- The compatibility stream: the first six columns are a promise to older readers and writers.
-- Rows are never changed. source tells the platform's own rows from those of older emitters.
CREATE TABLE aop_audit_log (
    id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    timestamp timestamptz NOT NULL DEFAULT now(),
    actor     text NOT NULL,
    action    text NOT NULL,
    target_id text,
    details   text,
    source    text NOT NULL DEFAULT 'emitter'
);
CREATE INDEX aop_audit_log_target ON aop_audit_log (target_id, id DESC);

-- Where the reading of older emitters' audit rows has got to.
CREATE TABLE aop_audit_cursor (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    last_id bigint NOT NULL
);
INSERT INTO aop_audit_cursor (last_id) VALUES (0);

CREATE TABLE aop_api_keys (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    role         text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'agent')),
    secret_hash  text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    last_used_at timestamptz
);

CREATE TABLE aop_operators (
    name            text PRIMARY KEY,
    role            text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    passphrase_hash text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now()
);

-- A session is known by the hash of its cookie.
CREATE TABLE aop_sessions (
    token_hash text PRIMARY KEY,
    operator   text NOT NULL REFERENCES aop_operators (name) ON DELETE CASCADE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX aop_sessions_expires ON aop_sessions (expires_at);
