-- The columns of everything in the schema, to tell tables of that name that somebody else has made.
SELECT
    relation.relname AS relation,
    attribute.attname AS column_name,
    format_type(attribute.atttypid, attribute.atttypmod) AS kind,
    EXISTS (
        SELECT FROM pg_catalog.pg_index AS found
        WHERE found.indrelid = relation.oid AND found.indisprimary
            AND attribute.attnum = ANY (found.indkey)
    ) AS in_key
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relation.oid
WHERE relation.relnamespace = to_regnamespace('retailds')
    AND relation.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY relation.relname, attribute.attnum
