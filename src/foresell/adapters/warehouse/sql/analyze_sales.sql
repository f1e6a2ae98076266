-- Let the planner know what a delivery looks like, by what it is joined and grouped by; one who may
-- not is passed over with a warning.
ANALYZE retailds.stg_sales_weekly (batch, store_id, dept_id, week_date)
