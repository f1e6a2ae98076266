-- All columns of a table or a query, to see which there are.
SELECT * FROM {relation} AS rows
