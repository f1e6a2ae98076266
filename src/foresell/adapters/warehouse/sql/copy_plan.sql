-- Planned rows of one delivery into staging, as CSV.
COPY retailds.stg_sales_plan (
    batch, store_id, dept_id, week_date, isholiday
) FROM STDIN (FORMAT csv)
