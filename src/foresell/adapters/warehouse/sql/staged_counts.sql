-- Of a delivery's rows: by column, those without a value; those that sold less than nothing, those
-- whose two holiday flags disagree, and those that have only one.
SELECT
    count(*) AS rows,
    count(*) FILTER (WHERE store_id IS NULL) AS store_id,
    count(*) FILTER (WHERE dept_id IS NULL) AS dept_id,
    count(*) FILTER (WHERE week_date IS NULL) AS week_date,
    count(*) FILTER (WHERE weekly_sales IS NULL) AS weekly_sales,
    count(*) FILTER (WHERE isholiday IS NULL) AS isholiday,
    count(*) FILTER (WHERE store_type IS NULL) AS store_type,
    count(*) FILTER (WHERE store_size IS NULL) AS store_size,
    count(*) - count(temperature) AS temperature,
    count(*) - count(fuel_price) AS fuel_price,
    count(*) - count(markdown1) AS markdown1,
    count(*) - count(markdown2) AS markdown2,
    count(*) - count(markdown3) AS markdown3,
    count(*) - count(markdown4) AS markdown4,
    count(*) - count(markdown5) AS markdown5,
    count(*) - count(cpi) AS cpi,
    count(*) - count(unemployment) AS unemployment,
    count(*) FILTER (WHERE weekly_sales < 0) AS negative,
    count(*) FILTER (WHERE isholiday <> isholiday_features) AS disagreeing,
    count(*) FILTER (WHERE isholiday_features IS NULL) AS alone
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s
