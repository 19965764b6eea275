-- Moments are milliseconds since 1970-01-01 UTC (…_at), lengths are milliseconds (…_ms).

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  email         TEXT    NOT NULL COLLATE NOCASE UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  password_hash TEXT,
  is_admin      INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),
  time_zone     TEXT    NOT NULL DEFAULT 'UTC',
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id             TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  remote_address TEXT,
  user_agent     TEXT    NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  seen_at        INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL
) STRICT;

-- Which sessions has this user?
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE projects (
  id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  ping_key   TEXT    NOT NULL UNIQUE CHECK (length(ping_key) = 22),
  badge_key  TEXT    NOT NULL UNIQUE CHECK (length(badge_key) = 36),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
  project_id TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, user_id)
) STRICT, WITHOUT ROWID;

-- Which projects may this user see?
CREATE INDEX memberships_of_user ON memberships (user_id);

CREATE TABLE api_keys (
  id           TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  project_id   TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  hash         TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64),
  -- The first characters of the key, so that a person knows which one it is.
  hint         TEXT    NOT NULL,
  access       TEXT    NOT NULL CHECK (access IN ('read-write', 'read-only')),
  created_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX api_keys_of_project ON api_keys (project_id);

CREATE TABLE monitors (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id         TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  ping_key           TEXT    NOT NULL UNIQUE CHECK (length(ping_key) = 36),
  -- State: written by every ping, so kept together and in front.
  status             TEXT    NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'up', 'down', 'paused')),
  ping_count         INTEGER NOT NULL DEFAULT 0 CHECK (ping_count >= 0),
  last_ping_at       INTEGER,
  run_started_at     INTEGER,
  run_id             TEXT,
  last_duration_ms   INTEGER,
  due_at             INTEGER,
  deadline_at        INTEGER,
  -- Rules.
  schedule_kind      TEXT    NOT NULL DEFAULT 'period' CHECK (schedule_kind IN ('period', 'cron', 'on-calendar')),
  period_ms          INTEGER NOT NULL DEFAULT 86400000 CHECK (period_ms BETWEEN 1000 AND 31536000000),
  expression         TEXT    NOT NULL DEFAULT '' CHECK (length(expression) <= 1000),
  time_zone          TEXT    NOT NULL DEFAULT 'UTC',
  grace_ms           INTEGER NOT NULL CHECK (grace_ms BETWEEN 1000 AND 31536000000),
  post_only          INTEGER NOT NULL DEFAULT 0 CHECK (post_only IN (0, 1)),
  manual_resume      INTEGER NOT NULL DEFAULT 0 CHECK (manual_resume IN (0, 1)),
  start_keywords     TEXT    NOT NULL DEFAULT '',
  success_keywords   TEXT    NOT NULL DEFAULT '',
  failure_keywords   TEXT    NOT NULL DEFAULT '',
  filter_subject     INTEGER NOT NULL DEFAULT 0 CHECK (filter_subject IN (0, 1)),
  filter_body        INTEGER NOT NULL DEFAULT 0 CHECK (filter_body IN (0, 1)),
  filter_http_body   INTEGER NOT NULL DEFAULT 0 CHECK (filter_http_body IN (0, 1)),
  fails_by_default   INTEGER NOT NULL DEFAULT 0 CHECK (fails_by_default IN (0, 1)),
  -- Text and names.
  unique_key         TEXT    NOT NULL CHECK (length(unique_key) = 40),
  badge_key          TEXT    NOT NULL UNIQUE CHECK (length(badge_key) = 36),
  name               TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 100),
  slug               TEXT    NOT NULL DEFAULT '' CHECK (length(slug) <= 100),
  tags               TEXT    NOT NULL DEFAULT '' CHECK (length(tags) <= 500),
  description        TEXT    NOT NULL DEFAULT '',
  created_at         INTEGER NOT NULL
) STRICT;

-- Which deadlines have passed? Only the monitors that have one are in it.
CREATE INDEX monitors_by_deadline ON monitors (deadline_at) WHERE deadline_at IS NOT NULL;
-- Which monitors has this project, and which of them has this slug?
CREATE INDEX monitors_of_project ON monitors (project_id, slug);
-- Which monitor is meant by a client that must not know ping keys?
CREATE INDEX monitors_by_unique_key ON monitors (unique_key);

CREATE TABLE pings (
  id             INTEGER PRIMARY KEY,
  monitor_id     INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL CHECK (number >= 1),
  kind           TEXT    NOT NULL CHECK (kind IN ('success', 'start', 'fail', 'log', 'ignored')),
  at             INTEGER NOT NULL,
  run_id         TEXT,
  exit_status    INTEGER CHECK (exit_status BETWEEN 0 AND 255),
  duration_ms    INTEGER,
  scheme         TEXT    NOT NULL,
  method         TEXT    NOT NULL,
  remote_address TEXT,
  user_agent     TEXT    NOT NULL DEFAULT '' CHECK (length(user_agent) <= 200),
  -- As it came, cut at the ping body limit; NULL when there was none.
  body           BLOB
) STRICT;

-- Which are the newest pings of this monitor?
CREATE UNIQUE INDEX pings_of_monitor ON pings (monitor_id, number);
-- Which start belongs to the end of this run?
CREATE INDEX pings_of_run ON pings (monitor_id, run_id, number) WHERE run_id IS NOT NULL;

CREATE TABLE transitions (
  id          INTEGER PRIMARY KEY,
  monitor_id  INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  from_status TEXT    NOT NULL CHECK (from_status IN ('new', 'up', 'down', 'paused')),
  to_status   TEXT    NOT NULL CHECK (to_status IN ('new', 'up', 'down', 'paused')),
  at          INTEGER NOT NULL,
  reason      TEXT    NOT NULL CHECK (reason IN ('timeout', 'overrun', 'ping', 'fail', 'pause', 'resume')),
  CHECK (from_status <> to_status)
) STRICT;

-- What happened to this monitor between two moments?
CREATE INDEX transitions_of_monitor ON transitions (monitor_id, at);

CREATE TABLE incidents (
  id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  monitor_id      INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  opened_by       INTEGER NOT NULL UNIQUE REFERENCES transitions (id) ON DELETE CASCADE,
  closed_by       INTEGER UNIQUE REFERENCES transitions (id) ON DELETE CASCADE,
  opened_at       INTEGER NOT NULL,
  closed_at       INTEGER,
  acknowledged_at INTEGER,
  acknowledged_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  note            TEXT    NOT NULL DEFAULT '',
  CHECK ((closed_at IS NULL) = (closed_by IS NULL))
) STRICT;

CREATE INDEX incidents_of_monitor ON incidents (monitor_id, opened_at);
CREATE INDEX incidents_by_acknowledger ON incidents (acknowledged_by) WHERE acknowledged_by IS NOT NULL;
-- Is this monitor in an incident? At most one is open.
CREATE UNIQUE INDEX incidents_open ON incidents (monitor_id) WHERE closed_at IS NULL;

CREATE TABLE channels (
  id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  project_id    TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  kind          TEXT    NOT NULL,
  name          TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 100),
  settings      TEXT    NOT NULL CHECK (json_valid(settings)),
  -- Since when its attempts fail; NULL when the last one was sent.
  failing_since INTEGER,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX channels_of_project ON channels (project_id, created_at);

CREATE TABLE monitor_channels (
  monitor_id INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
  channel_id TEXT    NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  PRIMARY KEY (monitor_id, channel_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX monitor_channels_by_channel ON monitor_channels (channel_id);

CREATE TABLE notifications (
  id            INTEGER PRIMARY KEY,
  transition_id INTEGER NOT NULL UNIQUE REFERENCES transitions (id) ON DELETE CASCADE,
  -- What is told, as it was when it happened.
  content       TEXT    NOT NULL CHECK (json_valid(content)),
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  -- Ascending with time: the order in which a channel is told.
  sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
  notification_id INTEGER NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
  monitor_id      INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
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

-- What is in the outbox for this channel, and what of this monitor came before it?
CREATE INDEX deliveries_unsettled ON deliveries (channel_id, monitor_id, sequence) WHERE settled_at IS NULL;
-- Is anything in the outbox due?
CREATE INDEX deliveries_due ON deliveries (coalesce(next_attempt_at, leased_until)) WHERE settled_at IS NULL;
CREATE INDEX deliveries_of_monitor ON deliveries (monitor_id, sequence);
CREATE INDEX deliveries_of_notification ON deliveries (notification_id);
CREATE INDEX deliveries_of_channel ON deliveries (channel_id, sequence);

CREATE TABLE delivery_attempts (
  delivery_sequence INTEGER NOT NULL REFERENCES deliveries (sequence) ON DELETE CASCADE,
  number            INTEGER NOT NULL CHECK (number >= 1),
  started_at        INTEGER NOT NULL,
  finished_at       INTEGER NOT NULL,
  result            TEXT    NOT NULL CHECK (result IN ('sent', 'logged', 'failed')),
  reason            TEXT,
  detail            TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (delivery_sequence, number),
  CHECK ((result = 'failed') = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The one process that watches: when it last was alive, and whether it stopped on purpose.
CREATE TABLE heartbeat (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  started_at INTEGER NOT NULL,
  alive_at   INTEGER NOT NULL,
  stopped_at INTEGER
) STRICT;

-- Stretches in which nobody watched.
CREATE TABLE blackouts (
  id      INTEGER PRIMARY KEY,
  from_at INTEGER NOT NULL,
  to_at   INTEGER NOT NULL,
  reason  TEXT    NOT NULL,
  CHECK (to_at >= from_at)
) STRICT;
