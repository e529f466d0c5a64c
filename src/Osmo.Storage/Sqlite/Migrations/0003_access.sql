-- Who may come in: access tokens, of which only a keyed hash is stored, and the keys that sign log-ins, sealed. Days are days since
-- 1970-01-01.

CREATE TABLE access_version (
  version INTEGER NOT NULL
);

INSERT INTO access_version (version) VALUES (1);

CREATE TABLE access_token (
  id           TEXT PRIMARY KEY,
  kind         TEXT NOT NULL,
  username     TEXT NOT NULL,
  name         TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  hash         TEXT NOT NULL,
  description  TEXT NOT NULL,
  roles        TEXT NOT NULL,
  expires_on   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  UNIQUE (kind, username, name)
) WITHOUT ROWID;

CREATE TABLE signing_key (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  public_key  TEXT NOT NULL,
  private_key TEXT NOT NULL,
  created_at  INTEGER NOT NULL
);

-- People whom an administrator has entered, with the roles that they were assigned.
CREATE TABLE access_user (
  id         TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE access_user_role (
  user_id     TEXT NOT NULL REFERENCES access_user (id) ON DELETE CASCADE,
  role        TEXT NOT NULL,
  assigned_by TEXT NOT NULL,
  assigned_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, role)
) WITHOUT ROWID;

-- What users have set for themselves.
CREATE TABLE user_profile (
  username           TEXT PRIMARY KEY,
  pool               TEXT,
  bucket             TEXT,
  email_notification INTEGER NOT NULL,
  slack_notification INTEGER NOT NULL
) WITHOUT ROWID;

-- Who changed what, from where. The trail is cut off at its old end.
CREATE TABLE audit (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  username   TEXT NOT NULL,
  action     TEXT NOT NULL,
  target     TEXT NOT NULL,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at);
