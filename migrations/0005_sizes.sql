-- How large the database was on each day, so that its growth can be seen.
CREATE TABLE sizes (
  -- Whole days since 1970-01-01 UTC.
  day   INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;

-- What is old enough to go?
CREATE INDEX transitions_by_age ON transitions (at);
