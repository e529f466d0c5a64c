-- Revisions may be hidden from the history, and the other types of configuration have theirs beside BACKEND: each row of those holds the
-- complete document of its type.

ALTER TABLE config_history ADD COLUMN deleted_at INTEGER;
ALTER TABLE config_history ADD COLUMN deleted_by TEXT;

CREATE INDEX config_history_by_time ON config_history (created_at);

-- The grains of backends remember the requests that changed them; for the other types this does.
CREATE UNIQUE INDEX config_history_by_request ON config_history (config_type, request_key)
  WHERE config_type <> 'BACKEND' AND request_key IS NOT NULL;
