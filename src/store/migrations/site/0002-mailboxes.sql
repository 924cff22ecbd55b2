-- Quotas (0: none) are asked for at every RCPT: what a user has is counted as it comes and goes.
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN quota_octets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN quota_letters INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN octets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN letters INTEGER NOT NULL DEFAULT 0;
UPDATE users SET
  octets = (SELECT coalesce (sum (size), 0) FROM letters WHERE user = users.name),
  letters = (SELECT count (*) FROM letters WHERE user = users.name);
CREATE TRIGGER letter_came AFTER INSERT ON letters BEGIN
  UPDATE users SET octets = octets + NEW.size, letters = letters + 1 WHERE name = NEW.user;
END;
CREATE TRIGGER letter_went AFTER DELETE ON letters BEGIN
  UPDATE users SET octets = octets - OLD.size, letters = letters - 1 WHERE name = OLD.user;
END;

-- Domains beside the first, which is a setting of the server.
CREATE TABLE domains (
  name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- domain: '' for all of them. An alias names users and no aliases, so there are no loops.
CREATE TABLE aliases (
  local_part TEXT NOT NULL,
  domain TEXT NOT NULL,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  PRIMARY KEY (local_part, domain, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_user ON aliases (user);

-- sender: who sent it, when that was proved by a password; only such letters can be recalled.
-- retrieved: POP3 has given it away whole.
ALTER TABLE letters ADD COLUMN sender TEXT REFERENCES users (name) ON DELETE SET NULL;
ALTER TABLE letters ADD COLUMN message_id TEXT;
ALTER TABLE letters ADD COLUMN retrieved INTEGER NOT NULL DEFAULT 0;
CREATE INDEX letters_by_sender ON letters (sender, message_id) WHERE sender IS NOT NULL;

-- What became of letters that have gone, for a recall that comes later: fate is 0 when they were
-- retrieved, 1 recalled, 2 removed unread.
CREATE TABLE departures (
  sender TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  fate INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (sender, message_id, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX departures_by_user ON departures (user);
CREATE INDEX departures_by_time ON departures (time);
