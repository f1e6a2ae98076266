-- Planned rows that the warehouse does not have yet.
INSERT INTO retailds.plan_sales_weekly (store_id, dept_id, week_date, isholiday)
SELECT store_id, dept_id, week_date, isholiday
FROM retailds.stg_sales_plan
WHERE batch = %(batch)s
ORDER BY store_id, dept_id, week_date
ON CONFLICT (store_id, dept_id, week_date) DO NOTHING
