-- The first series that lack a week between their first and their last; and how many there are.
SELECT
    store_id,
    dept_id,
    count(*) AS rows,
    min(week_date) AS first_week,
    max(week_date) AS last_week,
    count(*) OVER () AS found
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s
GROUP BY store_id, dept_id
HAVING (max(week_date) - min(week_date)) / %(days)s::INTEGER + 1 > count(*)
ORDER BY store_id, dept_id
LIMIT %(examples)s
