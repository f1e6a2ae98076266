-- The rows of a table or a query under the names of a contract, in the order of their values.
SELECT {columns}
FROM {relation} AS rows
ORDER BY {order}
