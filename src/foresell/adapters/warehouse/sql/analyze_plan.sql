-- As for the sales.
ANALYZE retailds.stg_sales_plan (batch, store_id, dept_id, week_date)
