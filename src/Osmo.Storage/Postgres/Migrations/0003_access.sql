-- compatible-from: 1

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

-- Who changed what, from where.
CREATE TABLE audit (
  number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL,
  username   text NOT NULL,
  action     text NOT NULL,
  target     text NOT NULL,
  address    text NOT NULL,
  request_id text NOT NULL
);
