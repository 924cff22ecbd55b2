-- Letters over max_octets (0: any size) are fetched in part.
ALTER TABLE accounts ADD COLUMN max_octets INTEGER NOT NULL DEFAULT 0;
-- partial: the octets of the whole letter at the server, where only its beginning is here, else 0;
-- wanted: the next fetch is to bring the rest.
ALTER TABLE letters ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letters ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;
