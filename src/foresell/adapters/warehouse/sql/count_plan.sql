-- How many planned rows of one delivery are in staging.
SELECT count(*) AS rows FROM retailds.stg_sales_plan WHERE batch = %(batch)s
