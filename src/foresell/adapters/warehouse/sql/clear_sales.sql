-- Take the rows of one delivery out of staging.
DELETE FROM retailds.stg_sales_weekly WHERE batch = %(batch)s
