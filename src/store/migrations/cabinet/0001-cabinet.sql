CREATE TABLE accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  address TEXT NOT NULL UNIQUE COLLATE NOCASE,
  smtp_host TEXT NOT NULL,
  smtp_port INTEGER NOT NULL,
  smtp_security TEXT NOT NULL,
  smtp_user TEXT NOT NULL,
  pop3_host TEXT NOT NULL,
  pop3_port INTEGER NOT NULL,
  pop3_security TEXT NOT NULL,
  pop3_user TEXT NOT NULL,
  keep_on_server INTEGER NOT NULL,
  local INTEGER NOT NULL
) STRICT;

-- path is relative to the folder's directory; spool names the file under tmp/ until it has been
-- renamed into place, and is NULL after that.
CREATE TABLE letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
  folder INTEGER NOT NULL,
  path TEXT NOT NULL,
  spool TEXT,
  message_id TEXT,
  subject TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  date INTEGER NOT NULL,
  size INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  answered INTEGER NOT NULL DEFAULT 0,
  flagged INTEGER NOT NULL DEFAULT 0,
  attachments INTEGER NOT NULL,
  snippet TEXT NOT NULL
) STRICT;
CREATE INDEX letters_by_folder ON letters (folder, date DESC, id DESC);
CREATE INDEX letters_unseen ON letters (folder, seen) WHERE seen = 0;
CREATE INDEX letters_by_account ON letters (account);
CREATE INDEX letters_in_spool ON letters (spool) WHERE spool IS NOT NULL;

-- What an account has fetched: the row stays when the letter goes, as long as the server lists it.
CREATE TABLE uids (
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  PRIMARY KEY (account, uid)
) STRICT, WITHOUT ROWID;

-- state: 0 waiting, 1 sending, 2 in doubt, 3 failed; owner is the process that has it in hand.
CREATE TABLE outbox (
  letter INTEGER PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
  account INTEGER NOT NULL,
  state INTEGER NOT NULL,
  owner TEXT,
  attempts INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  last_error TEXT,
  reverse_path TEXT NOT NULL
) STRICT;

CREATE TABLE outbox_recipients (
  letter INTEGER NOT NULL REFERENCES outbox (letter) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  state INTEGER NOT NULL,
  reply TEXT,
  PRIMARY KEY (letter, position)
) STRICT, WITHOUT ROWID;
