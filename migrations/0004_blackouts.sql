-- Our own absence raises no false alarm, and is told of.

-- Not judged before this moment: CronGuard could not watch, and the job gets one more grace.
ALTER TABLE monitors ADD COLUMN spared_until INTEGER;
-- Whether it is told of the stretches in which CronGuard could not watch.
ALTER TABLE channels ADD COLUMN tells_blackouts INTEGER NOT NULL DEFAULT 1 CHECK (tells_blackouts IN (0, 1));

-- The monitors that got a second chance after a blackout.
CREATE TABLE spared_monitors (
  monitor_id  INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  blackout_id INTEGER NOT NULL REFERENCES blackouts (id) ON DELETE CASCADE,
  PRIMARY KEY (monitor_id, blackout_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX spared_monitors_by_blackout ON spared_monitors (blackout_id);

-- What is said is about a transition, or about a blackout.
CREATE TABLE notifications_next (
  id            INTEGER PRIMARY KEY,
  transition_id INTEGER UNIQUE REFERENCES transitions (id) ON DELETE CASCADE,
  blackout_id   INTEGER REFERENCES blackouts (id) ON DELETE CASCADE,
  project_id    TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  -- What is told, as it was when it happened.
  content       TEXT    NOT NULL CHECK (json_valid(content)),
  created_at    INTEGER NOT NULL,
  CHECK ((transition_id IS NULL) <> (blackout_id IS NULL)),
  UNIQUE (blackout_id, project_id)
) STRICT;

INSERT INTO notifications_next (id, transition_id, project_id, content, created_at)
SELECT notifications.id, transition_id, project_id, content, notifications.created_at
  FROM notifications
  JOIN transitions ON transitions.id = transition_id
  JOIN monitors ON monitors.id = monitor_id;

DROP TABLE notifications;
ALTER TABLE notifications_next RENAME TO notifications;
CREATE INDEX notifications_of_project ON notifications (project_id);

-- A delivery about a blackout is about no one monitor.
CREATE TABLE deliveries_next (
  -- Ascending with time: the order in which a channel is told.
  sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
  notification_id INTEGER NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
  monitor_id      INTEGER REFERENCES monitors (id) ON DELETE CASCADE,
  -- A deleted channel leaves its name and kind behind.
  channel_id      TEXT    REFERENCES channels (id) ON DELETE SET NULL,
  channel_kind    TEXT    NOT NULL,
  channel_name    TEXT    NOT NULL,
  state           TEXT    NOT NULL DEFAULT 'pending'
                          CHECK (state IN ('pending', 'sending', 'sent', 'logged', 'failed')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  leased_until    INTEGER,
  created_at      INTEGER NOT NULL,
  settled_at      INTEGER,
  CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((state = 'sending') = (leased_until IS NOT NULL)),
  CHECK ((state IN ('sent', 'logged', 'failed')) = (settled_at IS NOT NULL))
) STRICT;

INSERT INTO deliveries_next SELECT * FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_next RENAME TO deliveries;

-- What is in the outbox for this channel, and what of this monitor came before it?
CREATE INDEX deliveries_unsettled ON deliveries (channel_id, monitor_id, sequence) WHERE settled_at IS NULL;
-- Is anything in the outbox due?
CREATE INDEX deliveries_due ON deliveries (coalesce(next_attempt_at, leased_until)) WHERE settled_at IS NULL;
CREATE INDEX deliveries_of_monitor ON deliveries (monitor_id, sequence);
CREATE INDEX deliveries_of_notification ON deliveries (notification_id);
CREATE INDEX deliveries_of_channel ON deliveries (channel_id, sequence);
