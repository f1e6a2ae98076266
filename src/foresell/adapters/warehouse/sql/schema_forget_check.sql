-- Note that a constraint is gone.
DELETE FROM retailds.contract_checks
WHERE table_name = %(table)s AND constraint_name = %(constraint)s
