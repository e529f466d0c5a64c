-- Times are microseconds since 1970-01-01 UTC, flags are 0 or 1.

-- Which activation of a backend's grain may write is not here: one process has the file, and knows.
CREATE TABLE backend (
  name                TEXT PRIMARY KEY,
  revision            INTEGER NOT NULL,
  config              TEXT NOT NULL,
  cluster_uid         TEXT,
  namespace           TEXT NOT NULL,
  agent_version       TEXT NOT NULL,
  agent_protocol      TEXT NOT NULL,
  prefix              TEXT NOT NULL,
  agent_label_updates INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  last_heartbeat      INTEGER
) WITHOUT ROWID;

-- What changes often is apart from what is large: a condition change rewrites a small row. The version is the write that made the row: a
-- random number, compared for equality only. What agents that judge nodes themselves say once is here too: their verdict, the label
-- as they saw it, what is in use as JSON text.
CREATE TABLE node (
  backend         TEXT NOT NULL,
  name            TEXT NOT NULL,
  version         INTEGER NOT NULL,
  uid             TEXT NOT NULL,
  unschedulable   INTEGER NOT NULL,
  conditions      TEXT NOT NULL,
  available       INTEGER NOT NULL,
  available_since INTEGER NOT NULL,
  agent_verdict   INTEGER,
  verified_label  TEXT,
  usage           TEXT,
  PRIMARY KEY (backend, name)
) WITHOUT ROWID;

CREATE TABLE node_facts (
  backend TEXT NOT NULL,
  name    TEXT NOT NULL,
  facts   TEXT NOT NULL,
  PRIMARY KEY (backend, name)
);

-- Which messages of OSMO agents were taken.
CREATE TABLE message_memory (
  backend TEXT PRIMARY KEY,
  memory  BLOB NOT NULL
) WITHOUT ROWID;
