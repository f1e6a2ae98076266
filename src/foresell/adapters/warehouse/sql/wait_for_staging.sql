-- As hold_staging, as soon as those who stage right now have ended.
LOCK TABLE retailds.stg_sales_weekly, retailds.stg_sales_plan IN SHARE ROW EXCLUSIVE MODE
