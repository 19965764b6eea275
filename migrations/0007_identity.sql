-- Names and keys that jobs have used before: of another Healthchecks, of another tool, of a project that is gone.

CREATE TABLE projects_next (
  id                TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  name              TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- New ones have 22 characters, a-z and 0-9. Imported ones may be of any shape that Healthchecks had.
  ping_key          TEXT    NOT NULL UNIQUE CHECK (length(ping_key) BETWEEN 16 AND 128),
  badge_key         TEXT    NOT NULL UNIQUE CHECK (length(badge_key) BETWEEN 16 AND 150),
  -- How many monitors its ping key has created, and since when they are counted.
  provisioned       INTEGER NOT NULL DEFAULT 0 CHECK (provisioned >= 0),
  provisioned_since INTEGER NOT NULL DEFAULT 0,
  created_at        INTEGER NOT NULL
) STRICT;

INSERT INTO projects_next (rowid, id, name, ping_key, badge_key, created_at)
SELECT rowid, id, name, ping_key, badge_key, created_at FROM projects;

DROP TABLE projects;
ALTER TABLE projects_next RENAME TO projects;

-- Which project has this ping key, if a mail server changed its capitals?
CREATE INDEX projects_by_ping_key_in_any_case ON projects (ping_key COLLATE NOCASE);

-- The only dialect in which the alias is known; NULL: in all of them.
ALTER TABLE monitors ADD COLUMN alias_dialect TEXT CHECK (length(alias_dialect) BETWEEN 1 AND 40);

-- Keys that were in use once. Somebody else's jobs may still send them, so no other project gets them.
CREATE TABLE retired_keys (
  -- What is pinged (a UUID, an alias or the ping key of a project), or what shows a badge.
  use        TEXT    NOT NULL CHECK (use IN ('ping', 'badge')),
  key        TEXT    NOT NULL,
  -- Not a reference: this outlives the project.
  project_id TEXT    NOT NULL,
  retired_at INTEGER NOT NULL,
  PRIMARY KEY (use, key)
) STRICT, WITHOUT ROWID;
