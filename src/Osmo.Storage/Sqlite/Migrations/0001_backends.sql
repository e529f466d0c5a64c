-- Times are microseconds since 1970-01-01 UTC.

CREATE TABLE backend (
  name                TEXT PRIMARY KEY,
  revision            INTEGER NOT NULL,
  config              TEXT NOT NULL,
  cluster_uid         TEXT,
  namespace           TEXT NOT NULL,
  agent_version       TEXT NOT NULL,
  prefix              TEXT NOT NULL,
  agent_label_updates INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  last_heartbeat      INTEGER
) WITHOUT ROWID;

-- One row a change, with the document of what changed and not of everything: the complete configuration at a revision is
-- the newest document of each name up to it.
CREATE TABLE config_history (
  config_type TEXT NOT NULL,
  revision    INTEGER NOT NULL,
  name        TEXT NOT NULL,
  username    TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  description TEXT NOT NULL,
  tags        TEXT NOT NULL,
  document    TEXT,
  PRIMARY KEY (config_type, revision)
) WITHOUT ROWID;

CREATE INDEX config_history_by_name ON config_history (config_type, name, revision);

INSERT INTO config_history (config_type, revision, name, username, created_at, description, tags, document)
VALUES ('BACKEND', 1, '', 'system', CAST(unixepoch('subsec') * 1000000 AS INTEGER), 'Initial configuration', '["initial-config"]', NULL);

-- What changes often is apart from what is large: a condition change rewrites a small row.
CREATE TABLE node (
  backend       TEXT NOT NULL,
  name          TEXT NOT NULL,
  uid           TEXT NOT NULL,
  unschedulable INTEGER NOT NULL,
  conditions    TEXT NOT NULL,
  PRIMARY KEY (backend, name)
) WITHOUT ROWID;

CREATE TABLE node_facts (
  backend TEXT NOT NULL,
  name    TEXT NOT NULL,
  facts   TEXT NOT NULL,
  PRIMARY KEY (backend, name)
);
