-- Who acknowledged an incident from a link in a message, without an account.

-- The channel of the message, as it was then: {"channel": its title, "address": of its only reader, or null}; NULL: no
-- link was used.
ALTER TABLE incidents ADD COLUMN acknowledged_via TEXT CHECK (json_valid(acknowledged_via));
