-- Of rows of a delivery that are equal, nulls too, keep one.
DELETE FROM retailds.stg_sales_weekly AS gone
USING (
    SELECT
        ctid AS place,
        row_number() OVER (
            PARTITION BY
                store_id, dept_id, week_date, weekly_sales, isholiday, temperature, fuel_price,
                markdown1, markdown2, markdown3, markdown4, markdown5, cpi, unemployment,
                store_type, store_size, isholiday_features
            ORDER BY ctid
        ) AS nth
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
) AS twin
WHERE gone.ctid = twin.place AND twin.nth > 1
