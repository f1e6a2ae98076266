-- How many rows of one delivery are in staging.
SELECT count(*) AS rows FROM retailds.stg_sales_weekly WHERE batch = %(batch)s
