-- The tree of a query as DuckDB parses it, or why it is no SELECT; nothing is run.
SELECT json_serialize_sql($query, skip_null := true, skip_empty := true)
