-- Who may come in: access tokens, of which only a keyed hash is stored, and the keys that sign log-ins, sealed. Times are microseconds
-- since 1970-01-01 UTC, days are days since then.

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

-- Who changed what, from where.
CREATE TABLE audit (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  username   TEXT NOT NULL,
  action     TEXT NOT NULL,
  target     TEXT NOT NULL,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL
);
