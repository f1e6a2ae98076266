-- Nobody else puts in, takes out or changes staged rows until the transaction ends: where nobody
-- does so now.
LOCK TABLE retailds.stg_sales_weekly, retailds.stg_sales_plan IN SHARE ROW EXCLUSIVE MODE NOWAIT
