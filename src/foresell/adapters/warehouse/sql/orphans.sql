-- Rows whose store or department the warehouse does not have, by table.
SELECT 'fact_sales_weekly' AS table_name, count(*) AS rows
FROM retailds.fact_sales_weekly AS fact
LEFT JOIN retailds.dim_store AS store ON store.store_id = fact.store_id
LEFT JOIN retailds.dim_dept AS dept ON dept.dept_id = fact.dept_id
WHERE store.store_id IS NULL OR dept.dept_id IS NULL
UNION ALL
SELECT 'plan_sales_weekly' AS table_name, count(*) AS rows
FROM retailds.plan_sales_weekly AS plan
LEFT JOIN retailds.dim_store AS store ON store.store_id = plan.store_id
LEFT JOIN retailds.dim_dept AS dept ON dept.dept_id = plan.dept_id
WHERE store.store_id IS NULL OR dept.dept_id IS NULL
