-- As for the sales.
ANALYZE retailds.stg_sales_plan
