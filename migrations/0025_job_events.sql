-- What people were notified of about a job besides going down and up, so that they are notified once.
CREATE TABLE job_events (
  monitor_id     INTEGER PRIMARY KEY REFERENCES monitors (id) ON DELETE CASCADE,
  -- The pings up to this number were looked at.
  checked_number INTEGER NOT NULL,
  -- The due time that was late last.
  late_due_at    INTEGER,
  never_at       INTEGER,
  often_at       INTEGER,
  odd_at         INTEGER
) STRICT;

-- How many successes within a period are not too many; 0 for any number.
ALTER TABLE monitors ADD COLUMN max_pings INTEGER NOT NULL DEFAULT 0 CHECK (max_pings >= 0);
