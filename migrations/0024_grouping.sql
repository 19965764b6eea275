-- For each channel, the time in which further notifications of monitors that went down, or recovered, wait for each other.
CREATE TABLE message_windows (
  channel_id TEXT    NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  status     TEXT    NOT NULL CHECK (status IN ('down', 'up')),
  -- When the first message leaves, and when the one about the others does.
  first_at   INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  PRIMARY KEY (channel_id, status)
) STRICT, WITHOUT ROWID;

-- The unique key of the monitor that it depends on; empty for none.
ALTER TABLE monitors ADD COLUMN depends_on TEXT NOT NULL DEFAULT '';

-- The monitors that went up and down so often that their notifications are held.
CREATE TABLE flapping_monitors (
  monitor_id INTEGER PRIMARY KEY REFERENCES monitors (id) ON DELETE CASCADE,
  since      INTEGER NOT NULL
) STRICT;
