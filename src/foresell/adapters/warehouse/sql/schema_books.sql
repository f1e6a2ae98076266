-- Whether this database has a warehouse, however old: the table that every migration is noted in.
SELECT to_regclass('retailds.schema_migrations') IS NOT NULL AS found
