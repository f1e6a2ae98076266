-- Each week of a delivery: its rows, and those that call it a holiday's; and the day it is today
-- where the day is latest on Earth, whatever time zone the server has.
SELECT
    week_date,
    count(*) AS rows,
    count(*) FILTER (WHERE isholiday) AS flagged,
    (now() AT TIME ZONE 'UTC' + INTERVAL '14 hours')::DATE AS today
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s AND week_date IS NOT NULL
GROUP BY week_date
ORDER BY week_date
