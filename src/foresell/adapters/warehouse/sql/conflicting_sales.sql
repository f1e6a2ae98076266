-- The keys that stand on rows of a delivery which differ, once equal ones are one; and how many
-- there are. `weekly_sales`: the first few of what they say was sold.
SELECT
    store_id,
    dept_id,
    week_date,
    count(*) AS rows,
    array_to_string((array_agg(weekly_sales ORDER BY weekly_sales))[1:5], ', ', 'missing')
        AS weekly_sales,
    count(*) OVER () AS found
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s
    AND store_id IS NOT NULL AND dept_id IS NOT NULL AND week_date IS NOT NULL
GROUP BY store_id, dept_id, week_date
HAVING count(*) > 1
ORDER BY store_id, dept_id, week_date
LIMIT %(examples)s
