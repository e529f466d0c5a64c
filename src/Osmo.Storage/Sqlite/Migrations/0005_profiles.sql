-- What users have set for themselves. Flags are 0 or 1.

CREATE TABLE user_profile (
  username           TEXT PRIMARY KEY,
  pool               TEXT,
  bucket             TEXT,
  email_notification INTEGER NOT NULL,
  slack_notification INTEGER NOT NULL
) WITHOUT ROWID;
