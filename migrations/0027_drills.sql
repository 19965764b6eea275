-- Whether a test is sent through the channel every week.
ALTER TABLE channels ADD COLUMN drills INTEGER NOT NULL DEFAULT 0 CHECK (drills IN (0, 1));
-- The last such test, and what went wrong; null if it arrived.
ALTER TABLE channels ADD COLUMN drilled_at INTEGER;
ALTER TABLE channels ADD COLUMN drill_problem TEXT;
-- When a message was last accepted, to the hour.
ALTER TABLE channels ADD COLUMN proved_at INTEGER;

UPDATE channels
   SET proved_at = (SELECT max(settled_at) FROM deliveries WHERE channel_id = channels.id AND state = 'sent');
