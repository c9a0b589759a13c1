-- Keys of one run: what they say of the run, as JSON, and when they end. Other keys have neither.
ALTER TABLE aop_api_keys ADD COLUMN expires_at timestamptz;
ALTER TABLE aop_api_keys ADD COLUMN run_json text;
CREATE INDEX aop_api_keys_expires ON aop_api_keys (expires_at) WHERE expires_at IS NOT NULL;
