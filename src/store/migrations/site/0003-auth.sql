-- key: by it who is nobody has a salt of his own, the same each time (RFC 5802 section 9).
ALTER TABLE site ADD COLUMN key TEXT NOT NULL DEFAULT '';
UPDATE site SET key = lower(hex(randomblob(32)));

-- secret: the password itself, which CRAM-MD5 and APOP cannot do without; kept only where somebody
-- has asked for these two, and NULL else.
ALTER TABLE users ADD COLUMN secret TEXT;
