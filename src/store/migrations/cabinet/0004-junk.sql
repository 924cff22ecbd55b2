-- What was learned about junk: for each token (the hash of a word) how many letters of either kind
-- had it, and the day since 1970 on which the last of them was learned.
CREATE TABLE junk_tokens (
  token INTEGER PRIMARY KEY,
  junk INTEGER NOT NULL,
  good INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT;

-- The letters that were learned, by a digest of their octets; sorted: 1 good, 2 junk.
CREATE TABLE junk_lessons (
  digest INTEGER PRIMARY KEY,
  sorted INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT;

CREATE TABLE junk_letters (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  junk INTEGER NOT NULL,
  good INTEGER NOT NULL
) STRICT;
INSERT INTO junk_letters VALUES (1, 0, 0);

-- "user@host", or "host" for a whole domain; in lower case.
CREATE TABLE junk_senders (
  address TEXT PRIMARY KEY,
  allowed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
