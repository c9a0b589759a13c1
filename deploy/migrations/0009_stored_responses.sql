-- Which provider keeps a response of the Responses API, for as long as OpenAI keeps one: 30 days.
CREATE TABLE aop_stored_responses (
    response_id text PRIMARY KEY,
    provider    text NOT NULL,
    made_at     timestamptz NOT NULL
);
CREATE INDEX aop_stored_responses_made ON aop_stored_responses (made_at);
