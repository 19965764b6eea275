-- Who made the key; null: a key from before this column, or whoever made it has no account any more.
ALTER TABLE api_keys ADD COLUMN created_by TEXT REFERENCES users (id) ON DELETE SET NULL;

-- Which keys did this user make?
CREATE INDEX api_keys_by_user ON api_keys (created_by) WHERE created_by IS NOT NULL;
