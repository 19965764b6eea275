-- Reminders: how often while the monitor is down, and whether the time between them doubles. Null: none.
ALTER TABLE monitors ADD COLUMN remind_ms INTEGER;
ALTER TABLE monitors ADD COLUMN remind_less INTEGER NOT NULL DEFAULT 0 CHECK (remind_less IN (0, 1));

-- The last time that people were told again of an open incident, and how many reminders there were.
ALTER TABLE incidents ADD COLUMN reminded_at INTEGER;
ALTER TABLE incidents ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0;
-- What muted a notification of the incident that is owed since; null if none is.
ALTER TABLE incidents ADD COLUMN muted_by TEXT CHECK (muted_by IN ('snooze', 'maintenance'));

-- A notification can be about an incident that goes on, such as a reminder.
ALTER TABLE notifications ADD COLUMN incident_id TEXT REFERENCES incidents (id) ON DELETE CASCADE;
CREATE INDEX notifications_of_incident ON notifications (incident_id) WHERE incident_id IS NOT NULL;
DROP INDEX notifications_of_neither;
-- For their deletion by age.
CREATE INDEX notifications_of_project_only ON notifications (created_at)
  WHERE transition_id IS NULL AND blackout_id IS NULL AND incident_id IS NULL;

-- Until when a monitor, the monitors with a tag or all of a project notify no one. `ends_at` is null for one monitor
-- until it recovers.
CREATE TABLE snoozes (
  id         TEXT    PRIMARY KEY CHECK (length(id) = 36),
  project_id TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  monitor_id INTEGER REFERENCES monitors (id) ON DELETE CASCADE,
  tag        TEXT,
  ends_at    INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  -- The channel and address whose link was used, as JSON.
  created_via TEXT CHECK (json_valid(created_via)),
  CHECK (monitor_id IS NULL OR tag IS NULL),
  CHECK (ends_at IS NOT NULL OR monitor_id IS NOT NULL)
) STRICT;

CREATE INDEX snoozes_of_project ON snoozes (project_id);
CREATE INDEX snoozes_of_monitor ON snoozes (monitor_id) WHERE monitor_id IS NOT NULL;
CREATE INDEX snoozes_by_user ON snoozes (created_by) WHERE created_by IS NOT NULL;
