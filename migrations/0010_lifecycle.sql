-- A person who resumes a monitor expects it to be watched from then on.

-- When a person resumed it, until its first ping.
ALTER TABLE monitors ADD COLUMN armed_at INTEGER;

-- The name of the person who reported it by hand, as it was then.
ALTER TABLE pings ADD COLUMN reported_by TEXT;

-- One more reason: no-ping.
CREATE TABLE transitions_next (
  id          INTEGER PRIMARY KEY,
  monitor_id  INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  from_status TEXT    NOT NULL CHECK (from_status IN ('new', 'up', 'down', 'paused')),
  to_status   TEXT    NOT NULL CHECK (to_status IN ('new', 'up', 'down', 'paused')),
  at          INTEGER NOT NULL,
  reason      TEXT    NOT NULL
                      CHECK (reason IN ('timeout', 'no-ping', 'overrun', 'ping', 'fail', 'pause', 'resume')),
  CHECK (from_status <> to_status)
) STRICT;

INSERT INTO transitions_next (id, monitor_id, from_status, to_status, at, reason)
SELECT id, monitor_id, from_status, to_status, at, reason FROM transitions;

DROP TABLE transitions;
ALTER TABLE transitions_next RENAME TO transitions;

-- What happened to this monitor between two moments?
CREATE INDEX transitions_of_monitor ON transitions (monitor_id, at);
-- What is old enough to go?
CREATE INDEX transitions_by_age ON transitions (at);
