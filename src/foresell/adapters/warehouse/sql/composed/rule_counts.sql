-- How many rows of a delivery break each rule, and how many rows there are.
SELECT {broken}, count(*)
FROM {table}
WHERE batch = %(batch)s
