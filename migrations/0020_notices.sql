-- A notification can also be about neither a transition nor a gap, such as that a recipient unsubscribed. What is unique
-- is said by indexes.
CREATE TABLE notifications_next (
  id            INTEGER PRIMARY KEY,
  transition_id INTEGER REFERENCES transitions (id) ON DELETE CASCADE,
  blackout_id   INTEGER REFERENCES blackouts (id) ON DELETE CASCADE,
  project_id    TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  -- The facts as they were when it happened.
  content       TEXT    NOT NULL CHECK (json_valid(content)),
  created_at    INTEGER NOT NULL,
  CHECK (transition_id IS NULL OR blackout_id IS NULL)
) STRICT;

INSERT INTO notifications_next SELECT id, transition_id, blackout_id, project_id, content, created_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_next RENAME TO notifications;

CREATE UNIQUE INDEX notifications_of_transition ON notifications (transition_id);
CREATE UNIQUE INDEX notifications_of_blackout ON notifications (blackout_id, project_id);
-- For their deletion by age.
CREATE INDEX notifications_of_neither ON notifications (created_at)
  WHERE transition_id IS NULL AND blackout_id IS NULL;
CREATE INDEX notifications_of_project ON notifications (project_id);
