-- One row a change. A row of BACKEND has the document of the backend that changed and not of everything: the complete configuration at a
-- revision is the newest document of each name up to it. Rows of the other types hold the complete document of their type. A row may
-- be hidden from the history, and then says since when and by whom.
CREATE TABLE config_history (
  config_type    TEXT NOT NULL,
  revision       INTEGER NOT NULL,
  name           TEXT NOT NULL,
  username       TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  description    TEXT NOT NULL,
  tags           TEXT NOT NULL,
  document       TEXT,
  request_key    TEXT,
  request_digest INTEGER,
  deleted_at     INTEGER,
  deleted_by     TEXT,
  PRIMARY KEY (config_type, revision)
) WITHOUT ROWID;

CREATE INDEX config_history_by_name ON config_history (config_type, name, revision);
CREATE INDEX config_history_by_time ON config_history (created_at);

-- The grains of backends remember the requests that changed them; for the other types this does.
CREATE UNIQUE INDEX config_history_by_request ON config_history (config_type, request_key)
  WHERE config_type <> 'BACKEND' AND request_key IS NOT NULL;

INSERT INTO config_history (config_type, revision, name, username, created_at, description, tags)
VALUES ('BACKEND', 1, '', 'system', CAST(unixepoch('subsec') * 1000000 AS INTEGER), 'Initial configuration', '["initial-config"]');
