-- The first rows of a delivery that break a rule: their key, and what the rule reads.
SELECT {columns}
FROM {table}
WHERE batch = %(batch)s AND ({broken})
ORDER BY {keys}
LIMIT %(examples)s
