-- The first rows of a delivery without what the star schema needs.
SELECT store_id, dept_id, week_date, weekly_sales, isholiday, store_type, store_size
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s
    AND (
        store_id IS NULL OR dept_id IS NULL OR week_date IS NULL OR weekly_sales IS NULL
        OR isholiday IS NULL OR store_type IS NULL OR store_size IS NULL
    )
ORDER BY store_id, dept_id, week_date
LIMIT %(examples)s
