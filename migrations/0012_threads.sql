-- What a service returned for the first message of an incident, so that later messages can refer to it: the number of
-- an issue, the id of a chat message.
CREATE TABLE channel_threads (
  channel_id  TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  receipt     TEXT NOT NULL,
  PRIMARY KEY (channel_id, incident_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX channel_threads_by_incident ON channel_threads (incident_id);
