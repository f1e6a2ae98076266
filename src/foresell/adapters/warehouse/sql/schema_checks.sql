-- The constraints that were compiled from a project's contract, and what stands there now.
SELECT noted.table_name, noted.constraint_name, noted.rule, noted.compiled,
    noted.definition = pg_get_constraintdef(found.oid) AND found.convalidated AS intact
FROM retailds.contract_checks AS noted
LEFT JOIN pg_catalog.pg_constraint AS found
    ON found.conrelid = to_regclass('retailds.' || quote_ident(noted.table_name))
    AND found.conname = noted.constraint_name
    AND found.contype = 'c'
WHERE noted.project = %(project)s
ORDER BY noted.table_name, noted.constraint_name
