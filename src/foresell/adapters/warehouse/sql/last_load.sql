-- The last load of a project, by default; or the last one of a batch.
SELECT
    load_id, batch, source, staged, duplicates, planned, rows, stores, depts, series, weeks,
    first_week, last_week, report
FROM retailds.load_history
WHERE project = %(project)s AND (%(batch)s::TEXT IS NULL OR batch = %(batch)s)
ORDER BY load_id DESC
LIMIT 1
