-- The rows of a delivery that sold least.
SELECT store_id, dept_id, week_date, weekly_sales
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s AND weekly_sales < 0
ORDER BY weekly_sales, store_id, dept_id, week_date
LIMIT %(examples)s
