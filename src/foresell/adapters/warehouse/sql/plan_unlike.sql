-- The staged planned rows that do not stand in the plan as delivered, and where the delivery is
-- `whole` those of the plan that it does not hold; and how many there are.
SELECT store_id, dept_id, week_date, count(*) OVER () AS found
FROM (
    SELECT store_id, dept_id, week_date, isholiday
    FROM retailds.stg_sales_plan
    WHERE batch = %(batch)s
) AS staged
FULL JOIN retailds.plan_sales_weekly AS plan USING (store_id, dept_id, week_date)
WHERE plan.isholiday IS DISTINCT FROM staged.isholiday
    AND (%(whole)s OR staged.isholiday IS NOT NULL)
ORDER BY store_id, dept_id, week_date
LIMIT %(examples)s
