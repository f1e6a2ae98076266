-- How much a delivery holds; `gaps`: series that lack a week between their first and their last.
SELECT
    coalesce(sum(rows), 0)::BIGINT AS rows,
    count(DISTINCT store_id) AS stores,
    count(DISTINCT dept_id) AS depts,
    count(*) AS series,
    min(first_week) AS first_week,
    max(last_week) AS last_week,
    count(*) FILTER (WHERE (last_week - first_week) / %(days)s::INTEGER + 1 > rows) AS gaps
FROM (
    SELECT
        store_id,
        dept_id,
        count(*) AS rows,
        min(week_date) AS first_week,
        max(week_date) AS last_week
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
    GROUP BY store_id, dept_id
) AS series
