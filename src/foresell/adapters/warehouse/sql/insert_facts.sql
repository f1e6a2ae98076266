-- Rows that the warehouse does not have yet, in the order of their key: its index grows at its end.
INSERT INTO retailds.fact_sales_weekly (
    store_id, dept_id, week_date, weekly_sales, isholiday, temperature, fuel_price, markdown1,
    markdown2, markdown3, markdown4, markdown5, cpi, unemployment
)
SELECT
    staged.store_id, staged.dept_id, staged.week_date, staged.weekly_sales, staged.isholiday,
    staged.temperature, staged.fuel_price, staged.markdown1, staged.markdown2,
    staged.markdown3, staged.markdown4, staged.markdown5, staged.cpi, staged.unemployment
FROM retailds.stg_sales_weekly AS staged
WHERE staged.batch = %(batch)s
    AND NOT EXISTS (
        SELECT
        FROM retailds.fact_sales_weekly AS fact
        WHERE fact.store_id = staged.store_id
            AND fact.dept_id = staged.dept_id
            AND fact.week_date = staged.week_date
    )
ORDER BY staged.store_id, staged.dept_id, staged.week_date
