-- What spans need that come before those around them.
--
-- A step tells neither its agent nor, often, its session: it is kept under its trace and under the
-- span above it until that one comes. These find the one from the other.
CREATE INDEX aop_agent_events_span ON aop_agent_events (root_task_id, span_id) WHERE span_id IS NOT NULL;
CREATE INDEX aop_agent_runs_parent_id ON aop_agent_runs (parent_run_id) WHERE parent_run_id IS NOT NULL;

-- Traces that turned out to belong to a session. What comes of them later, or again, goes there.
CREATE TABLE aop_trace_roots (
    trace_id     text PRIMARY KEY,
    root_task_id text NOT NULL
);
