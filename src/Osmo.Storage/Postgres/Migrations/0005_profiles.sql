-- compatible-from: 1

-- What users have set for themselves.
CREATE TABLE user_profile (
  username           text PRIMARY KEY,
  pool               text,
  bucket             text,
  email_notification boolean NOT NULL,
  slack_notification boolean NOT NULL
);
