-- Take the planned rows of one delivery out of staging.
DELETE FROM retailds.stg_sales_plan WHERE batch = %(batch)s
