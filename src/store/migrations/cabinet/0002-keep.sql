-- keep_on_server: 0 not, 1 forever, 2 for keep_days after the letter was fetched, 3 until it is
-- deleted here.
ALTER TABLE accounts ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
-- When the letter was fetched, in seconds since 1970 UTC, and which it is here; letter is 0 for
-- those that were fetched before this was written down.
ALTER TABLE uids ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE uids ADD COLUMN letter INTEGER NOT NULL DEFAULT 0;
CREATE INDEX letters_by_message_id ON letters (message_id) WHERE message_id IS NOT NULL;
UPDATE uids SET fetched = unixepoch ();
