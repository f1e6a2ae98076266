-- The last load of a whole delivery of a project, before the load that is named.
SELECT
    load_id, batch, source, staged, duplicates, planned, rows, stores, depts, series, weeks,
    first_week, last_week, report
FROM retailds.load_history
WHERE project = %(project)s
    AND load_id < %(load)s
    AND NOT coalesce((report ->> 'partial')::BOOLEAN, FALSE)
ORDER BY load_id DESC
LIMIT 1
