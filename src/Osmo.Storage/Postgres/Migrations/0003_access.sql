-- compatible-from: 4

-- Who may come in: access tokens, of which only a keyed hash is stored, and the keys that sign log-ins, sealed. Every change takes the
-- row of access_version first, so that changes follow each other and readers see by the number that there was one.
CREATE TABLE access_version (
  version bigint NOT NULL
);

INSERT INTO access_version (version) VALUES (1);

CREATE TABLE access_token (
  id           text PRIMARY KEY,
  kind         text NOT NULL,
  username     text NOT NULL,
  name         text NOT NULL,
  key_id       text NOT NULL,
  hash         text NOT NULL,
  description  text NOT NULL,
  roles        text[] NOT NULL,
  expires_on   date NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  UNIQUE (kind, username, name)
);

CREATE TABLE signing_key (
  number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id          text NOT NULL UNIQUE,
  public_key  text NOT NULL,
  private_key text NOT NULL,
  created_at  timestamptz NOT NULL
);

-- People whom an administrator has entered, with the roles that they were assigned.
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

-- What users have set for themselves.
CREATE TABLE user_profile (
  username           text PRIMARY KEY,
  pool               text,
  bucket             text,
  email_notification boolean NOT NULL,
  slack_notification boolean NOT NULL
);

-- Who changed what, from where. The trail is cut off at its old end.
CREATE TABLE audit (
  number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL,
  username   text NOT NULL,
  action     text NOT NULL,
  target     text NOT NULL,
  address    text NOT NULL,
  request_id text NOT NULL
);

CREATE INDEX audit_by_time ON audit (at);
