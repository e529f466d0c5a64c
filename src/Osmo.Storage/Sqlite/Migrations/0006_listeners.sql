-- What agents say that judge nodes themselves, and do not say again when they connect again: their verdict, the label as they saw it, and
-- what is in use as JSON text.
ALTER TABLE node ADD COLUMN agent_verdict INTEGER;
ALTER TABLE node ADD COLUMN verified_label TEXT;
ALTER TABLE node ADD COLUMN usage TEXT;

-- How the backend's agent speaks.
ALTER TABLE backend ADD COLUMN agent_protocol TEXT NOT NULL DEFAULT 'channel';

-- Which of such agents' messages were taken.
CREATE TABLE message_memory (
  backend TEXT PRIMARY KEY,
  memory  BLOB NOT NULL
) WITHOUT ROWID;
