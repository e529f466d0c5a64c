-- People whom an administrator has entered, with the roles that they were assigned. The audit trail is cut off at its old end.

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

CREATE INDEX audit_by_time ON audit (at);
