-- Which other monitors of this project are down?
CREATE INDEX monitors_down ON monitors (project_id) WHERE status = 'down';

-- Words that messages and viewers don't show, one a line.
ALTER TABLE projects ADD COLUMN hidden_words TEXT NOT NULL DEFAULT '';
