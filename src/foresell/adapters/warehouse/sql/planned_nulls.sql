-- The first planned rows of a delivery without what the star schema needs; and how many there are.
SELECT store_id, dept_id, week_date, isholiday, count(*) OVER () AS found
FROM retailds.stg_sales_plan
WHERE batch = %(batch)s
    AND (store_id IS NULL OR dept_id IS NULL OR week_date IS NULL OR isholiday IS NULL)
ORDER BY store_id, dept_id, week_date
LIMIT %(examples)s
