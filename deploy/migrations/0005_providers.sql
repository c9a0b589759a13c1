-- Where models are called, besides what comes with the product and with aop_models.json. No secrets:
-- secret is only the name of one in the vault.
CREATE TABLE aop_providers (
    name       text PRIMARY KEY,
    protocol   text NOT NULL CHECK (protocol IN ('openai', 'anthropic')),
    base_url   text NOT NULL,
    adapter    text NOT NULL,
    secret     text,
    headers    text NOT NULL DEFAULT '',
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Calls whose cost was known: the first of them sets the average, the others move it.
ALTER TABLE aop_model_health ADD COLUMN cost_calls bigint NOT NULL DEFAULT 0;

-- A decision is looked for by the time that is in its id.
CREATE INDEX aop_agent_events_ts ON aop_agent_events USING brin (ts) WITH (pages_per_range = 16);
