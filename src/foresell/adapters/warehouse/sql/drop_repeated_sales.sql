-- Of rows of a delivery that are equal, nulls too and every bit, keep one.
DELETE FROM retailds.stg_sales_weekly AS gone
USING (
    SELECT
        ctid AS place,
        row_number() OVER (
            PARTITION BY
                store_id, dept_id, week_date, isholiday, store_type, store_size,
                isholiday_features, float8send(weekly_sales), float8send(temperature),
                float8send(fuel_price), float8send(markdown1), float8send(markdown2),
                float8send(markdown3), float8send(markdown4), float8send(markdown5),
                float8send(cpi), float8send(unemployment)
            ORDER BY ctid
        ) AS nth
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
) AS twin
WHERE gone.ctid = twin.place AND twin.nth > 1
