-- Choosing what to send must cost the same with 10 and with 100,000 deliveries that wait.

-- Whether it is the oldest unsettled one of its channel and monitor. Only that one may be sent, so that "up" never
-- overtakes "down". The triggers below are the only ones to change it.
ALTER TABLE deliveries ADD COLUMN is_next INTEGER NOT NULL DEFAULT 0 CHECK (is_next IN (0, 1));

UPDATE deliveries SET is_next = 1
 WHERE sequence IN (SELECT min(sequence) FROM deliveries WHERE settled_at IS NULL GROUP BY channel_id, monitor_id);

CREATE TRIGGER delivery_added AFTER INSERT ON deliveries
WHEN NEW.settled_at IS NULL
 AND NOT EXISTS (SELECT 1 FROM deliveries
                  WHERE settled_at IS NULL AND channel_id IS NEW.channel_id AND monitor_id IS NEW.monitor_id
                    AND sequence < NEW.sequence)
BEGIN
  UPDATE deliveries SET is_next = 1 WHERE sequence = NEW.sequence;
END;

CREATE TRIGGER delivery_settled AFTER UPDATE OF settled_at ON deliveries
WHEN OLD.settled_at IS NULL AND NEW.settled_at IS NOT NULL
BEGIN
  UPDATE deliveries SET is_next = 0 WHERE sequence = NEW.sequence;
  UPDATE deliveries SET is_next = 1
   WHERE sequence = (SELECT sequence FROM deliveries
                      WHERE settled_at IS NULL AND channel_id IS NEW.channel_id AND monitor_id IS NEW.monitor_id
                      ORDER BY sequence LIMIT 1);
END;

CREATE TRIGGER delivery_deleted AFTER DELETE ON deliveries
WHEN OLD.settled_at IS NULL
BEGIN
  UPDATE deliveries SET is_next = 1
   WHERE sequence = (SELECT sequence FROM deliveries
                      WHERE settled_at IS NULL AND channel_id IS OLD.channel_id AND monitor_id IS OLD.monitor_id
                      ORDER BY sequence LIMIT 1);
END;

-- Which channels have something to send, and what is due first?
CREATE INDEX deliveries_by_turn
    ON deliveries (coalesce(channel_id, ''), coalesce(next_attempt_at, leased_until), sequence) WHERE is_next = 1;
-- Is anything due?
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (coalesce(next_attempt_at, leased_until)) WHERE is_next = 1;
-- What is being sent?
CREATE INDEX deliveries_sending ON deliveries (channel_id, channel_kind) WHERE leased_until IS NOT NULL;
