-- compatible-from: 1

-- What agents say that judge nodes themselves, and do not say again when they connect again: their verdict, the label as they saw it, and
-- what is in use as JSON text. A build of before leaves them alone.
ALTER TABLE node ADD COLUMN agent_verdict boolean, ADD COLUMN verified_label text, ADD COLUMN usage text;

-- How the backend's agent speaks.
ALTER TABLE backend ADD COLUMN agent_protocol text NOT NULL DEFAULT 'channel';

-- Which of such agents' messages were taken. Apart from the backend's row: it changes often for a moment whenever an agent connects.
CREATE TABLE message_memory (
  backend text COLLATE "C" PRIMARY KEY,
  memory  bytea NOT NULL
) WITH (fillfactor = 50);
