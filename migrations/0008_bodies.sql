-- What bodies say.

-- Only for bodies that are not plain UTF-8, and for mails that were read. Beside the pings, so that reading a mail does
-- not write its megabyte again.
CREATE TABLE body_readings (
  ping_id  INTEGER PRIMARY KEY REFERENCES pings (id) ON DELETE CASCADE,
  -- As the sender declared it; NULL: UTF-8, or not said.
  charset  TEXT CHECK (length(charset) <= 40),
  -- How the body is compressed; NULL: it is not.
  encoding TEXT CHECK (length(encoding) <= 40),
  -- What a compressed body says.
  text     TEXT,
  -- What a mail says, as far as pages show it.
  mail     TEXT CHECK (json_valid(mail)),
  -- How much the body held that made room for newer ones; NULL: it is kept.
  dropped_bytes INTEGER
) STRICT;

-- Which bodies does this monitor have, oldest first, and how large are they?
CREATE INDEX pings_with_body ON pings (monitor_id, number, at, length(body)) WHERE body IS NOT NULL;
