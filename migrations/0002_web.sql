-- What the pages need: people's settings, links that were mailed, invitations, and what a list of monitors shows.

ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 100);
ALTER TABLE users ADD COLUMN theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));
-- When the address was proven to be his; NULL: not yet.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;
ALTER TABLE users ADD COLUMN mails_sign_ins INTEGER NOT NULL DEFAULT 1 CHECK (mails_sign_ins IN (0, 1));
ALTER TABLE users ADD COLUMN mails_failures INTEGER NOT NULL DEFAULT 1 CHECK (mails_failures IN (0, 1));
-- Who exists already was created on the machine itself, by somebody who knew the address.
UPDATE users SET email_verified_at = created_at;

-- The project that was looked at last.
ALTER TABLE sessions ADD COLUMN project_id TEXT REFERENCES projects (id) ON DELETE SET NULL;
CREATE INDEX sessions_of_project ON sessions (project_id) WHERE project_id IS NOT NULL;
-- Which sessions are over?
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Links that prove that a mail was read. Each works once; only the hash of its token is kept.
CREATE TABLE mailed_links (
  hash       TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('verify-email', 'reset-password')),
  -- The address that the mail went to.
  email      TEXT    NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mailed_links_of_user ON mailed_links (user_id, purpose);

CREATE TABLE invitations (
  id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  project_id TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  role       TEXT    NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
  -- Whom it was mailed to; NULL: only the link was made.
  email      TEXT    CHECK (length(email) BETWEEN 3 AND 254),
  invited_by TEXT    REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX invitations_of_project ON invitations (project_id, created_at);
CREATE INDEX invitations_by_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 100);

-- Since when a person has switched it off; NULL: it tells.
ALTER TABLE channels ADD COLUMN disabled_at INTEGER;

-- The newest runs, oldest first, one letter each: s success, f fail, m missed. A list of monitors reads no pings.
ALTER TABLE monitors ADD COLUMN recent_runs TEXT NOT NULL DEFAULT '' CHECK (length(recent_runs) <= 30);
UPDATE monitors
   SET recent_runs = coalesce((
         SELECT group_concat(iif(kind = 'success', 's', 'f'), '')
           FROM (SELECT kind, number
                   FROM (SELECT kind, number FROM pings
                          WHERE monitor_id = monitors.id AND kind IN ('success', 'fail')
                          ORDER BY number DESC LIMIT 30)
                  ORDER BY number)
       ), '');
