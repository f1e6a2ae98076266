-- The last loads that went in, newest first.
SELECT
    load_id,
    project,
    batch,
    source,
    loaded_at,
    rows,
    series,
    weeks,
    first_week,
    last_week,
    coalesce((report ->> 'partial')::BOOLEAN, FALSE) AS partial
FROM retailds.load_history
ORDER BY load_id DESC
LIMIT 5
