-- Departments that the warehouse does not know yet, those that are only planned too.
INSERT INTO retailds.dim_dept (dept_id)
SELECT dept_id FROM retailds.stg_sales_weekly WHERE batch = %(batch)s
UNION
SELECT dept_id FROM retailds.stg_sales_plan WHERE batch = %(batch)s
ORDER BY dept_id
ON CONFLICT (dept_id) DO NOTHING
