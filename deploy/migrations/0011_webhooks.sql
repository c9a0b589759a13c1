-- What is told to other people's servers. target is the server with a digest of the whole address,
-- which may hold a secret. One row for each event and target, written together with what happened.
CREATE TABLE aop_webhook_deliveries (
    event_id   uuid NOT NULL,
    target     text NOT NULL,
    source     text NOT NULL,
    type       text NOT NULL,
    body       text NOT NULL,
    status     text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed', 'dropped')),
    tries      bigint NOT NULL DEFAULT 0,
    outcome    text,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_at    timestamptz NOT NULL DEFAULT now(),
    tried_at   timestamptz,
    done_at    timestamptz,
    PRIMARY KEY (event_id, target)
);
CREATE INDEX aop_webhook_deliveries_waiting ON aop_webhook_deliveries (source, target, next_at) WHERE status = 'waiting';
CREATE INDEX aop_webhook_deliveries_done ON aop_webhook_deliveries (done_at) WHERE status <> 'waiting';

-- Shares of budgets that were passed, until ingest has the event.
CREATE TABLE aop_budget_news (
    id           uuid PRIMARY KEY,
    root_task_id text,
    task_id      text,
    message      text NOT NULL,
    data         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- What a holder had that is gone is a line of its own: spent, until its calls settle late.
ALTER TABLE aop_budget_ledger ADD COLUMN is_lost boolean NOT NULL DEFAULT false;
CREATE INDEX aop_budget_ledger_lost ON aop_budget_ledger (budget_id, holder) WHERE is_lost;
