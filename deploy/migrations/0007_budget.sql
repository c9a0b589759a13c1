-- Hard limits. Amounts are whole numbers of the unit's smallest part: tokens, billionths of a dollar,
-- requests, milliseconds, calls. All arithmetic is done under the lock of the row.

-- What holders have of the token budget of a task; its limit and usage are there already.
ALTER TABLE aop_tasks ADD COLUMN token_leased bigint NOT NULL DEFAULT 0;
ALTER TABLE aop_tasks ADD COLUMN token_told bigint NOT NULL DEFAULT 0;

-- One for each scope, unit and period. told is the highest of 50, 80, 100 percent that was told.
CREATE TABLE aop_budgets (
    id           text PRIMARY KEY,
    scope_type   text NOT NULL CHECK (scope_type IN ('task', 'tree', 'agent', 'key', 'install')),
    scope_id     text NOT NULL DEFAULT '',
    unit         text NOT NULL CHECK (unit IN ('tokens', 'usd', 'requests', 'seconds', 'concurrency')),
    most         bigint NOT NULL CHECK (most >= 0),
    period       text NOT NULL CHECK (period IN ('total', 'day', 'month')),
    grace_tokens bigint,
    spent        bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    leased       bigint NOT NULL DEFAULT 0 CHECK (leased >= 0),
    told         bigint NOT NULL DEFAULT 0,
    period_start timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (scope_type, scope_id, unit, period)
);

-- Who holds slices. last_seq is the last question that was answered or is too late by now.
CREATE TABLE aop_budget_holders (
    id       text PRIMARY KEY,
    beat_at  timestamptz NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    is_gone  boolean NOT NULL DEFAULT false
);

-- What each has, by budget: also task:ID. The sum is leased of the budget.
CREATE TABLE aop_budget_leases (
    holder    text NOT NULL,
    budget_id text NOT NULL,
    amount    bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (holder, budget_id)
);
CREATE INDEX aop_budget_leases_budget ON aop_budget_leases (budget_id);

-- A call is settled once on each budget.
CREATE TABLE aop_budget_ledger (
    call_id    text NOT NULL,
    budget_id  text NOT NULL,
    holder     text NOT NULL,
    reserved   bigint NOT NULL,
    used       bigint NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, budget_id)
);
CREATE INDEX aop_budget_ledger_settled ON aop_budget_ledger (settled_at);

CREATE TABLE aop_budget_requests (
    id                  text NOT NULL,
    root_task_id        text NOT NULL,
    task_id             text NOT NULL,
    requested_by        text NOT NULL,
    reason              text NOT NULL,
    requested_increment bigint NOT NULL,
    current_budget      bigint NOT NULL,
    current_usage       bigint NOT NULL,
    status              text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected')),
    approved_increment  bigint,
    resolution_note     text,
    decided_by          text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    resolved_at         timestamptz,
    PRIMARY KEY (root_task_id, id)
);
CREATE INDEX aop_budget_requests_id ON aop_budget_requests (id);
CREATE INDEX aop_budget_requests_task ON aop_budget_requests (task_id, status);
CREATE INDEX aop_budget_requests_created ON aop_budget_requests (created_at DESC, id);
