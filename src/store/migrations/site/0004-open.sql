-- A maildrop is opened by its letters' sizes alone: they stand in the index, so that a hundred
-- thousand of them are one walk through it.
DROP INDEX letters_by_user;
CREATE INDEX letters_by_user ON letters (user, id, size);
