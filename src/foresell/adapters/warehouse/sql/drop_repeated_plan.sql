-- Of planned rows of a delivery that are equal, nulls too, keep one.
DELETE FROM retailds.stg_sales_plan AS gone
USING (
    SELECT
        ctid AS place,
        row_number() OVER (
            PARTITION BY
                store_id, dept_id, week_date, isholiday
            ORDER BY ctid
        ) AS nth
    FROM retailds.stg_sales_plan
    WHERE batch = %(batch)s
) AS twin
WHERE gone.ctid = twin.place AND twin.nth > 1
