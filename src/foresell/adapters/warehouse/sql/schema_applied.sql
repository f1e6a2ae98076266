-- The migrations that were run here, in order.
SELECT number, name, sha256, applied_at FROM retailds.schema_migrations ORDER BY number
