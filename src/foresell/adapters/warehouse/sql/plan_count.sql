-- How many rows were planned, over or still to come.
SELECT count(*) AS rows FROM retailds.plan_sales_weekly
