-- sign_in: the provider whose tokens take the password's place, or ''; proxy: a URI, or '' for the
-- system's own.
ALTER TABLE accounts ADD COLUMN sign_in TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN proxy TEXT NOT NULL DEFAULT '';
