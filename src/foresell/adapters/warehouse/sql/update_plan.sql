-- Planned rows that a delivery corrects.
UPDATE retailds.plan_sales_weekly AS plan
SET isholiday = staged.isholiday
FROM retailds.stg_sales_plan AS staged
WHERE staged.batch = %(batch)s
    AND plan.store_id = staged.store_id
    AND plan.dept_id = staged.dept_id
    AND plan.week_date = staged.week_date
    AND plan.isholiday <> staged.isholiday
