-- mark: eight random digits that make the site's uids unlike any other's.
CREATE TABLE site (
  mark TEXT NOT NULL
) STRICT;
INSERT INTO site (mark) VALUES (lower(hex(randomblob(4))));

CREATE TABLE users (
  name TEXT PRIMARY KEY,
  verifier TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: an id, and so a uid, is never used again (RFC 1939 section 7).
CREATE TABLE letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  path TEXT NOT NULL,
  spool TEXT,
  size INTEGER NOT NULL
) STRICT;
CREATE INDEX letters_by_user ON letters (user, id);
CREATE INDEX letters_in_spool ON letters (spool) WHERE spool IS NOT NULL;
