-- Each week of a delivery: its rows, and those that call it a holiday's; and the day it is today.
SELECT
    week_date,
    count(*) AS rows,
    count(*) FILTER (WHERE isholiday) AS flagged,
    current_date AS today
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s AND week_date IS NOT NULL
GROUP BY week_date
ORDER BY week_date
