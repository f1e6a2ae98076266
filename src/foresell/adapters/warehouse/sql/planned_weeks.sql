-- Each week of the planned rows of a delivery.
SELECT week_date, count(*) AS rows
FROM retailds.stg_sales_plan
WHERE batch = %(batch)s AND week_date IS NOT NULL
GROUP BY week_date
ORDER BY week_date
