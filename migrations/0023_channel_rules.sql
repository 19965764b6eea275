-- What a channel notifies of: words separated by spaces.
ALTER TABLE channels ADD COLUMN events TEXT NOT NULL DEFAULT 'down up reminder';
-- When it is not to be disturbed, as JSON; null for never.
ALTER TABLE channels ADD COLUMN quiet_hours TEXT CHECK (json_valid(quiet_hours));
-- How long an incident must go on without acknowledgment before it is notified.
ALTER TABLE channels ADD COLUMN delay_ms INTEGER NOT NULL DEFAULT 0 CHECK (delay_ms >= 0);

-- Whether notifications about the monitor are sent during quiet hours, too.
ALTER TABLE monitors ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));

-- Why a delivery was not sent at once; null if it was.
ALTER TABLE deliveries ADD COLUMN held_for TEXT
  CHECK (held_for IN ('quiet-hours', 'grouping', 'dependency', 'flapping', 'own-link'));
-- What is held?
CREATE INDEX deliveries_held ON deliveries (channel_id, sequence) WHERE held_for IS NOT NULL AND settled_at IS NULL;

-- Since when people could have acknowledged the incident, if it was muted at first; null for since it opened.
ALTER TABLE incidents ADD COLUMN unmuted_at INTEGER;
-- The longest delay of the channels that were notified; those with longer ones follow.
ALTER TABLE incidents ADD COLUMN escalated_ms INTEGER NOT NULL DEFAULT 0;
