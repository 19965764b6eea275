-- Times of maintenance: once, from `starts_at` to `ends_at`, or for `duration_ms` at each time of a schedule. Of one
-- monitor, of the monitors with a tag, or of all monitors of a project.
CREATE TABLE maintenance_windows (
  id            TEXT    PRIMARY KEY CHECK (length(id) = 36),
  project_id    TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  monitor_id    INTEGER REFERENCES monitors (id) ON DELETE CASCADE,
  tag           TEXT,
  name          TEXT    NOT NULL DEFAULT '',
  starts_at     INTEGER NOT NULL,
  -- Null for a recurring one.
  ends_at       INTEGER,
  schedule_kind TEXT    CHECK (schedule_kind IN ('cron', 'on-calendar')),
  expression    TEXT,
  time_zone     TEXT,
  duration_ms   INTEGER CHECK (duration_ms > 0),
  created_at    INTEGER NOT NULL,
  created_by    TEXT    REFERENCES users (id) ON DELETE SET NULL,
  -- The address of the machine that asked for it with the monitor's ping URL; null otherwise.
  created_from  TEXT,
  CHECK (monitor_id IS NULL OR tag IS NULL),
  CHECK ((ends_at IS NULL) = (schedule_kind IS NOT NULL)),
  CHECK ((ends_at IS NULL) = (duration_ms IS NOT NULL))
) STRICT;

CREATE INDEX maintenance_of_project ON maintenance_windows (project_id);
CREATE INDEX maintenance_of_monitor ON maintenance_windows (monitor_id) WHERE monitor_id IS NOT NULL;
CREATE INDEX maintenance_by_user ON maintenance_windows (created_by) WHERE created_by IS NOT NULL;
