-- Note a constraint that was just made, as PostgreSQL shows it.
INSERT INTO retailds.contract_checks
    (project, table_name, constraint_name, rule, compiled, definition)
SELECT %(project)s, %(table)s::TEXT, %(constraint)s::TEXT, %(rule)s, %(compiled)s,
    pg_get_constraintdef(made.oid)
FROM pg_catalog.pg_constraint AS made
WHERE made.conrelid = to_regclass('retailds.' || quote_ident(%(table)s::TEXT))
    AND made.conname = %(constraint)s::TEXT
    AND made.contype = 'c'
