-- Note that a migration was run.
INSERT INTO retailds.schema_migrations (number, name, sha256)
VALUES (%(number)s, %(file)s, %(sha256)s)
