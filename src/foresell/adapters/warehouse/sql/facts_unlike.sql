-- The staged rows that do not stand in the facts as they were delivered; and how many there are.
SELECT staged.store_id, staged.dept_id, staged.week_date, count(*) OVER () AS found
FROM retailds.stg_sales_weekly AS staged
LEFT JOIN retailds.fact_sales_weekly AS fact
    ON fact.store_id = staged.store_id
    AND fact.dept_id = staged.dept_id
    AND fact.week_date = staged.week_date
WHERE staged.batch = %(batch)s
    AND (
        fact.store_id, fact.dept_id, fact.week_date, fact.weekly_sales, fact.isholiday,
        fact.temperature, fact.fuel_price, fact.markdown1, fact.markdown2, fact.markdown3,
        fact.markdown4, fact.markdown5, fact.cpi, fact.unemployment
    ) IS DISTINCT FROM (
        staged.store_id, staged.dept_id, staged.week_date, staged.weekly_sales,
        staged.isholiday, staged.temperature, staged.fuel_price, staged.markdown1,
        staged.markdown2, staged.markdown3, staged.markdown4, staged.markdown5, staged.cpi,
        staged.unemployment
    )
ORDER BY staged.store_id, staged.dept_id, staged.week_date
LIMIT %(examples)s
