-- Pings under their own key, with what was sent with them in a table of its own; and the columns of extended deadlines
-- under the names that the code has for them.

ALTER TABLE monitors RENAME COLUMN spared_until TO extended_until;
ALTER TABLE monitors RENAME COLUMN had_chance TO was_extended;
ALTER TABLE spared_monitors RENAME TO extended_monitors;
DROP INDEX spared_monitors_by_blackout;
CREATE INDEX extended_monitors_by_blackout ON extended_monitors (blackout_id);

-- How many pings were recorded of monitors that no longer exist. With those of the others it gives a number that only
-- grows.
CREATE TABLE departed_pings (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  count INTEGER NOT NULL CHECK (count >= 0)
) STRICT;

INSERT INTO departed_pings (id, count)
SELECT 1, max(0, coalesce((SELECT max(id) FROM pings), 0) - coalesce((SELECT sum(ping_count) FROM monitors), 0));

CREATE TRIGGER count_departed_pings AFTER DELETE ON monitors
BEGIN
  UPDATE departed_pings SET count = count + old.ping_count;
END;

CREATE TABLE pings_next (
  monitor_id     INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL CHECK (number >= 1),
  kind           TEXT    NOT NULL CHECK (kind IN ('success', 'start', 'fail', 'log', 'ignored')),
  at             INTEGER NOT NULL,
  -- When it happened, as the job says; NULL: it was reported at once.
  reported_at    INTEGER,
  run_id         TEXT,
  exit_status    INTEGER CHECK (exit_status BETWEEN 0 AND 255),
  duration_ms    INTEGER,
  scheme         TEXT    NOT NULL,
  method         TEXT    NOT NULL,
  remote_address TEXT,
  user_agent     TEXT    NOT NULL DEFAULT '' CHECK (length(user_agent) <= 200),
  -- The name of the person who reported it by hand, as it was then.
  reported_by    TEXT,
  -- How much was sent with it, whether or not it is still kept; 0: nothing.
  body_bytes     INTEGER NOT NULL DEFAULT 0 CHECK (body_bytes >= 0),
  PRIMARY KEY (monitor_id, number)
) STRICT, WITHOUT ROWID;

-- Which start belongs to the end of this run? Made before the rows are copied: to make it of all of them at once would
-- take memory for all of them.
CREATE INDEX pings_by_run ON pings_next (monitor_id, run_id, number) WHERE run_id IS NOT NULL;

CREATE TABLE bodies (
  id             INTEGER PRIMARY KEY,
  monitor_id     INTEGER NOT NULL,
  number         INTEGER NOT NULL,
  -- How much this row holds: head, tail, texts and mail.
  bytes          INTEGER NOT NULL CHECK (bytes >= 0),
  -- How much came between head and tail and is not stored; NULL: an earlier version stored it, and did not count.
  cut_bytes      INTEGER CHECK (cut_bytes >= 0),
  -- As the sender declared it; NULL: UTF-8, or not said.
  charset        TEXT    CHECK (length(charset) <= 40),
  -- How the body is compressed; NULL: it is not.
  encoding       TEXT    CHECK (length(encoding) <= 40),
  -- As much as came between the texts and is not stored; NULL as above.
  text_cut_bytes INTEGER CHECK (text_cut_bytes >= 0),
  -- The beginning as it came; all of it where nothing is cut.
  head           BLOB    NOT NULL,
  -- The end as it came; NULL: nothing is cut, or only the beginning is kept.
  tail           BLOB,
  -- What a compressed body says, its beginning and its end.
  text           TEXT,
  text_tail      TEXT,
  -- What a mail says, as far as pages show it.
  mail           TEXT    CHECK (json_valid(mail)),
  FOREIGN KEY (monitor_id, number) REFERENCES pings (monitor_id, number) ON DELETE CASCADE
) STRICT;

-- Which body belongs to this ping? Which bodies does this monitor have, oldest first, and how much do they hold?
CREATE INDEX bodies_of_pings ON bodies (monitor_id, number, bytes);

-- Step: copying the pings
INSERT INTO pings_next (
  monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
  reported_by, body_bytes
)
SELECT monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
       reported_by, coalesce(length(body), dropped_bytes, 0)
  FROM pings INDEXED BY pings_of_monitor LEFT JOIN body_readings ON ping_id = pings.id
 ORDER BY monitor_id, number;

-- Step: copying the bodies
INSERT INTO bodies (monitor_id, number, bytes, charset, encoding, head, text, mail)
SELECT monitor_id, number, length(body) + coalesce(octet_length(text), 0) + coalesce(octet_length(mail), 0),
       charset, encoding, body, text, mail
  FROM pings INDEXED BY pings_with_body LEFT JOIN body_readings ON ping_id = pings.id
 WHERE body IS NOT NULL
 ORDER BY monitor_id, number;

-- Step: removing the old tables
DROP TABLE body_readings;
DROP TABLE pings;
ALTER TABLE pings_next RENAME TO pings;
