-- What makes reads of all roots quick.
--
-- Events by id: the rough index of ids had to be read whole for each question, and did not know
-- the newest rows until the next vacuum.
DROP INDEX aop_agent_events_id;
CREATE INDEX aop_agent_events_id ON aop_agent_events (id);

-- One row for each 1,024 ids: which values their events can have, as bits (common/event_blocks.h
-- says which), and their times in microseconds. A search that few events match looks only into
-- the blocks that can have some.
CREATE TABLE aop_event_blocks (
    block     bigint PRIMARY KEY,
    signature bit(16384) NOT NULL,
    first_us  bigint NOT NULL,
    last_us   bigint NOT NULL
);
ALTER TABLE aop_event_blocks ALTER signature SET STORAGE PLAIN;
COMMENT ON TABLE aop_event_blocks IS 'Written by ingest with the events; a block without a row has none';

-- Events from before this table can have any value.
INSERT INTO aop_event_blocks (block, signature, first_us, last_us)
SELECT block, ~ repeat('0', 16384)::bit(16384), 0, 9223372036854775807
FROM aop_event_cursor, generate_series(0, last_id / 1024) block WHERE last_id > 0;
