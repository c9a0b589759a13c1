-- A filter may name a run.
ALTER TABLE aop_control_holds ADD COLUMN run_id text;
ALTER TABLE aop_control_receipts ADD COLUMN run_id text;

-- What triggers found. A cause is the id of an event: the same cause fires once, however often it is
-- looked at and by however many. done_at is when the event was stored and, in enforce, the run was
-- paused: what has none is done again after a start.
CREATE TABLE aop_control_triggers (
    name         text NOT NULL,
    mode         text NOT NULL CHECK (mode IN ('observe', 'enforce')),
    subject      text NOT NULL,
    cause        bigint NOT NULL,
    root_task_id text NOT NULL,
    run_id       text NOT NULL,
    task_id      text,
    actor        text NOT NULL,
    measured     bigint NOT NULL,
    bound        bigint NOT NULL,
    message      text NOT NULL,
    fired_at     timestamptz NOT NULL DEFAULT now(),
    done_at      timestamptz,
    PRIMARY KEY (name, subject, cause)
);
CREATE INDEX aop_control_triggers_root ON aop_control_triggers (root_task_id, fired_at DESC);
CREATE INDEX aop_control_triggers_fired ON aop_control_triggers (fired_at DESC);
CREATE INDEX aop_control_triggers_open ON aop_control_triggers (fired_at) WHERE done_at IS NULL;
