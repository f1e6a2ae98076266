-- How many keys stand on more than one of a delivery's planned rows.
SELECT count(*) AS keys
FROM (
    SELECT
    FROM retailds.stg_sales_plan
    WHERE batch = %(batch)s
    GROUP BY store_id, dept_id, week_date
    HAVING count(*) > 1
) AS repeated
