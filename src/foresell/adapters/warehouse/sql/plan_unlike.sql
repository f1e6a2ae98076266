-- The staged planned rows that do not stand in the plan as delivered; and how many there are.
SELECT staged.store_id, staged.dept_id, staged.week_date, count(*) OVER () AS found
FROM retailds.stg_sales_plan AS staged
LEFT JOIN retailds.plan_sales_weekly AS plan
    ON plan.store_id = staged.store_id
    AND plan.dept_id = staged.dept_id
    AND plan.week_date = staged.week_date
WHERE staged.batch = %(batch)s AND plan.isholiday IS DISTINCT FROM staged.isholiday
ORDER BY staged.store_id, staged.dept_id, staged.week_date
LIMIT %(examples)s
