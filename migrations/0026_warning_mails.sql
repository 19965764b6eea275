-- Whether an administrator gets emails about problems of the server.
ALTER TABLE users ADD COLUMN mails_warnings INTEGER NOT NULL DEFAULT 1 CHECK (mails_warnings IN (0, 1));
