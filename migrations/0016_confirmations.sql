-- The reader of an email address confirms that they want the notifications of a channel, and can unsubscribe. Existing
-- channels count as confirmed.

-- Since when the channel waits for its address to be confirmed; NULL: it doesn't.
ALTER TABLE channels ADD COLUMN unconfirmed_since INTEGER;
-- When to send the next confirmation email; NULL: never.
ALTER TABLE channels ADD COLUMN confirmation_due_at INTEGER;
-- When the reader of the address disabled the channel; NULL: someone else did, or it is enabled.
ALTER TABLE channels ADD COLUMN unsubscribed_at INTEGER;

-- Which confirmation emails are due?
CREATE INDEX channels_to_confirm ON channels (confirmation_due_at) WHERE confirmation_due_at IS NOT NULL;

-- Confirmation emails of the last day. They are counted even after the channel or the project was deleted.
CREATE TABLE confirmation_mails (
  id         INTEGER PRIMARY KEY,
  project_id TEXT    NOT NULL,
  -- The address without upper case and without what follows a plus sign.
  mailbox    TEXT    NOT NULL,
  sent_at    INTEGER NOT NULL
) STRICT;

-- How many were sent to this mailbox, or for this project?
CREATE INDEX confirmation_mails_by_mailbox ON confirmation_mails (mailbox, sent_at);
CREATE INDEX confirmation_mails_by_project ON confirmation_mails (project_id, sent_at);
-- Which no longer count?
CREATE INDEX confirmation_mails_by_age ON confirmation_mails (sent_at);
