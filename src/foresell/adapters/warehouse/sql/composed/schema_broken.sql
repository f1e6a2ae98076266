-- The rows of a table that a check refuses: how many, and the first few by their keys.
SELECT count(*) OVER (), {keys} FROM {table} WHERE ({check}) IS FALSE ORDER BY {keys} LIMIT {most}
