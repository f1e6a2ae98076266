-- Rows of one delivery into staging, as CSV; an empty field that is not quoted is null.
COPY retailds.stg_sales_weekly (
    batch,
    store_id, dept_id, week_date, weekly_sales, isholiday, temperature, fuel_price, markdown1,
    markdown2, markdown3, markdown4, markdown5, cpi, unemployment, store_type, store_size,
    isholiday_features
) FROM STDIN (FORMAT csv)
