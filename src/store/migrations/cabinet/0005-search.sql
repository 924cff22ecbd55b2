-- The words of the letters. It keeps no texts: those are in the .eml files. What goes stays as a
-- row that no letter names, until the index is made anew.
CREATE VIRTUAL TABLE search USING fts5 (
  sender, recipients, copies, subject, body, names, attached,
  content = '', tokenize = 'words'
);
-- doc: the letter's row in search, NULL while it waits to be read. Docs grow with the letter's
-- date, so that the newest come first without sorting.
ALTER TABLE letters ADD COLUMN doc INTEGER;
CREATE UNIQUE INDEX letters_by_doc ON letters (doc);
CREATE INDEX letters_by_date ON letters (date DESC, id DESC);

-- thread: 0 while the letter waits to be read. root: the subject without "Re:" and the like;
-- strays are replies that do not name what they answer.
ALTER TABLE letters ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letters ADD COLUMN root TEXT;
ALTER TABLE letters ADD COLUMN stray INTEGER NOT NULL DEFAULT 0;
CREATE INDEX letters_by_thread ON letters (thread);
CREATE INDEX letters_by_root ON letters (root, date) WHERE root IS NOT NULL;
-- Every Message-ID that a letter has or names, with the thread it belongs to.
CREATE TABLE references_known (
  message_id TEXT PRIMARY KEY,
  thread INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX references_by_thread ON references_known (thread);

CREATE TABLE tags (
  tag TEXT NOT NULL COLLATE NOCASE,
  letter INTEGER NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, letter)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_letter ON tags (letter);

-- written: letters to this address that were sent; heard: letters that came from it.
CREATE TABLE contacts (
  address TEXT PRIMARY KEY COLLATE NOCASE,
  name TEXT NOT NULL,
  written INTEGER NOT NULL,
  heard INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
