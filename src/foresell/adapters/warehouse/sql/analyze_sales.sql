-- Let the planner know what a delivery looks like; one who may not is passed over with a warning.
ANALYZE retailds.stg_sales_weekly
