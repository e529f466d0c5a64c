-- compatible-from: 1

-- People whom an administrator has entered, with the roles that they were assigned. The audit trail is cut off at its old end.

CREATE TABLE access_user (
  id         text PRIMARY KEY,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL
);

CREATE TABLE access_user_role (
  user_id     text NOT NULL REFERENCES access_user (id) ON DELETE CASCADE,
  role        text NOT NULL,
  assigned_by text NOT NULL,
  assigned_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, role)
);

CREATE INDEX audit_by_time ON audit (at);
